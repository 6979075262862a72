import type { Readable } from 'node:stream';
import * as z from 'zod';
import type { Descriptor } from '../../oci/descriptor';
import { isDigest, type Digest } from '../../oci/digest';
import { DigestMismatchError, InvalidManifestError, RegistryError } from '../../oci/http/errors';
import { DescriptorSchema, type Manifest } from '../../oci/manifest';
import { isBundleType, readBundle, type SignedStatement } from '../forms/bundle';
import {
  DSSE_ENVELOPE,
  readAttestation,
  readSimpleSigning,
  SIMPLE_SIGNING,
} from '../forms/old-forms';
import { SIGNATURE, STAGE, STAGE_TYPE } from '../requirement';
import { UnreadableError } from '../forms/statement';

/** A statement that is attached, or why an attachment is not a statement. */
export interface AttachedStatement {
  /** Of the manifest that carries it. */
  readonly statement: Digest;
  /** The predicateType that it promised, where it could not be read. */
  readonly hint?: string;
  readonly signed?: SignedStatement;
  /** Follows "a statement" in a sentence: `that is not JSON`. */
  readonly problem?: string;
}

/** The largest statement that is read. */
export const MAX_STATEMENT_BYTES = 16 * 1024 * 1024;

const Layers = z.looseObject({ layers: z.array(DescriptorSchema).nullish() });

/**
 * The layers that can be statements, each with its own annotations: two signatures over one payload are two layers of one
 * digest.
 */
export function statementLayers({ bytes }: Manifest): readonly Descriptor[] {
  // Whatever is a manifest has been read as JSON before, within its own bounds.
  const { data } = Layers.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  return (data?.layers ?? []).filter(({ mediaType }) => readerOf(mediaType) !== undefined);
}

/** The predicateType that a layer itself promises. */
export function layerHint({ annotations, mediaType }: Descriptor): string | undefined {
  return mediaType === SIMPLE_SIGNING ? SIGNATURE : annotations?.['predicateType'];
}

/** Reads what a layer states, or says why it states nothing. `artifactType`: of its manifest, where that counts. */
export function readLayer(
  { annotations = {}, mediaType }: Descriptor,
  bytes: Uint8Array,
  artifactType?: string,
): Pick<AttachedStatement, 'signed' | 'problem'> {
  try {
    const signed = readerOf(mediaType)?.(bytes, annotations);
    if (!signed) return { problem: `of an unknown type ${mediaType}` };
    // Statements of a stage have an artifact type of their own; in another form they do not count.
    const isStage = signed.predicateType === STAGE;
    if (isStage === (artifactType === STAGE_TYPE)) return { signed };
    return {
      problem: `of predicate type ${signed.predicateType} with artifact type ${artifactType ?? 'unset'}`,
    };
  } catch (error) {
    if (error instanceof UnreadableError) return { problem: error.message };
    throw error;
  }
}

function readerOf(mediaType: string) {
  if (isBundleType(mediaType)) return readBundle;
  if (mediaType === SIMPLE_SIGNING) return readSimpleSigning;
  return mediaType === DSSE_ENVELOPE ? readAttestation : undefined;
}

export async function readWhole(stream: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Returns why the attachment counts as absent. Undefined if the error does not show whether it exists. */
export function absence(error: unknown): string | undefined {
  const cause = registryErrorBehind(error);
  if (cause instanceof InvalidManifestError) return 'whose manifest cannot be read';
  if (!(cause instanceof RegistryError)) return undefined;
  const isGone = cause.status === 404 && !cause.codes.includes('NAME_UNKNOWN');
  return isGone ? 'that is not there any more' : undefined;
}

/**
 * The same for a layer. Where its manifest states a wrong size, that stays so; where it has another digest, it was
 * damaged in transit, and the next answer may be right.
 */
export function layerAbsence(error: unknown): string | undefined {
  const cause = registryErrorBehind(error);
  const isOtherSize = cause instanceof DigestMismatchError && !isDigest(cause.expected);
  return isOtherSize ? 'that is not what its manifest says' : absence(error);
}

/** Returns what is wrong with a response of success that cannot be used. Undefined if another request may have another result. */
export function unusable(error: unknown): string | undefined {
  const cause = registryErrorBehind(error);
  const isUnusable = cause instanceof RegistryError && cause.status < 400 && !cause.isStray;
  return isUnusable ? cause.detail : undefined;
}

const OWN = [RegistryError, InvalidManifestError, DigestMismatchError];

/** The repository that was handed in may wrap what it throws in an error of its own. */
function registryErrorBehind(error: unknown): unknown {
  const isOwn = OWN.some((one) => error instanceof one);
  return isOwn || !(error instanceof Error) ? error : error.cause;
}
