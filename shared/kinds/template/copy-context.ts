import { all } from '../../async/together';
import type { CopyCaches } from '../../copying/caches';
import { answerOf, SourceGoneError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { referenceTo } from '../../oci/reference';
import type { Clock } from '../../system/clock';
import {
  whyHeld,
  type ImageNaming,
  notesOnOthers,
  notesOnPlain,
  renamedAtTarget,
} from './images/images';
import type { TemplateContent, TemplatePackage } from './package';
import { packageOnSide } from './sides';

/** What the copies of templates of one process share; the same caches serve images. */
export type TemplateCaches = Pick<CopyCaches, 'presence' | 'uploads' | 'writers'>;

/** What a copy does about the images that a template names. */
export interface ImageOptions extends ImageNaming {
  /** Name them as they are at the target, and wait until they are there. Else only note what it may not have. */
  readonly rewrite: boolean;
}

/** One copy of a template under way. */
export interface TemplateCopying {
  /** Its tags hold what the target is to have: where images are renamed, other bytes than the source's own. */
  readonly source: TemplatePackage;
  readonly target: TemplatePackage;
  readonly clock: Pick<Clock, 'now'>;
  readonly tally: TemplateTally;
  /** The version that the target is to have in place of a version of the source. */
  versionFor(version: Digest): Promise<Digest>;
  /** Asked before the first byte of a version goes out. @throws {HeldError} when it may not be released yet. */
  admit(version: Digest, destination: string): Promise<void>;
  /** What a person should know about the version that the target has now. */
  notesOn(version: Digest): readonly string[];
  /** The version's bytes from the source. `undefined`: the target has it. */
  fetchMissing(version: Digest): Promise<TemplateContent | undefined>;
  /** True if the target has set the tags, too; false if it turned out to have the version already. */
  upload(content: TemplateContent, tags: readonly string[]): Promise<boolean>;
}

/** What one copy has written. */
export interface TemplateTally {
  uploads: number;
  /** Tags set without an upload. */
  tags: number;
  /** When the last read of the source's tag began: milliseconds since 1970. */
  asOf: number;
}

export function startCopying(deps: {
  readonly source: TemplatePackage;
  readonly target: TemplatePackage;
  readonly caches: TemplateCaches;
  readonly images?: ImageOptions;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'now'>;
}): TemplateCopying {
  const { caches, clock, images, signal } = deps;
  const plain = packageOnSide(deps.source, 'source');
  const renamed = images?.rewrite
    ? renamedAtTarget(plain, (version) => download(plain, version), images)
    : undefined;
  const source = renamed ?? plain;
  const notes: string[] = [];
  const target = packageOnSide(deps.target, 'target');
  const tally: TemplateTally = { uploads: 0, tags: 0, asOf: clock.now() };

  return {
    source,
    target,
    clock,
    tally,
    async versionFor(version) {
      return renamed ? (await renamed.rename(version)).version : version;
    },
    async admit(version, destination) {
      const template = renamed?.renamed(version);
      if (!template || !images) return;
      const held = await whyHeld(destination, template.images, images);
      if (held) throw held;
    },
    notesOn(version) {
      const template = renamed?.renamed(version);
      return template && images ? notesOnOthers(template.others, images) : notes;
    },
    async fetchMissing(version) {
      const wasThere = caches.presence.has(target, version);
      if (await target.hasVersion(version)) return undefined;
      // Only what was known before is forgotten: another job may have uploaded the version since this answer.
      if (wasThere) caches.presence.remove(target, version);
      const [bytes, description] = await all([
        download(source, version),
        source.readDescription(version),
      ]);
      if (images && !renamed) notes.push(...notesOnPlain(bytes, images));
      return { version, bytes, description };
    },
    async upload(content, tags) {
      const { version } = content;
      const before = tally.uploads;
      // A release usually has several tags, whose jobs come at the same time.
      await caches.uploads.run(referenceTo(target, version), signal, async () => {
        if (caches.presence.has(target, version)) return;
        if ((await target.upload(content, tags)) === 'uploaded') tally.uploads += 1;
        caches.presence.add(target, version);
      });
      return tally.uploads > before;
    },
  };
}

/** @throws {SourceGoneError} */
export async function download(source: TemplatePackage, version: Digest): Promise<Buffer> {
  try {
    return await source.download(version);
  } catch (error) {
    if (answerOf(error)?.status !== 404) throw error;
    throw new SourceGoneError(referenceTo(source, version), { cause: error });
  }
}
