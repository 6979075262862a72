import * as z from 'zod';
import {
  decodeObject,
  formProblem,
  InvalidMessageError,
  type PubSubMessage,
} from '../../shared/events/envelope';
import { imageReference } from '../../shared/kinds/image/rule';
import type { Reference } from '../../shared/oci/reference';

const Message = z.object({ reference: z.string().optional() });

/** What a run is about. */
export interface PromoteRequest {
  /** One tag of an image. Unset: all that may be under way. */
  readonly release?: Reference & { readonly tag: string };
}

/** Reads `{}`, nothing, or `{ "reference": "registry/repository:tag" }`. @throws {InvalidMessageError} */
export function parsePromoteRequest(message: PubSubMessage): PromoteRequest {
  if (message.data.length === 0) return {};
  const parsed = Message.safeParse(decodeObject(message));
  if (!parsed.success) {
    throw new InvalidMessageError(`Not a request to promote: ${formProblem(parsed.error)}`);
  }
  const { reference } = parsed.data;
  if (reference === undefined) return {};
  const artifact = readReference(reference);
  const { tag } = artifact;
  if (tag === undefined) {
    throw new InvalidMessageError(
      `Not a request to promote: "${reference}" is not an image with a tag (registry/repository:tag)`,
    );
  }
  return { release: { ...artifact, tag } };
}

function readReference(text: string) {
  try {
    return imageReference.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidMessageError(`Not a request to promote: ${why}`, { cause });
  }
}
