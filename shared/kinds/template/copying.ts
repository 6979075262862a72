import type { CopyCaches } from '../../copying/caches';
import { answerOf, SourceGoneError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { referenceTo } from '../../oci/reference';
import type { Clock } from '../../system/clock';
import type { TemplateContent, TemplatePackage } from './package';
import { onSide } from './sides';

/** What the copies of templates of one process share; the same caches serve images. */
export type TemplateCaches = Pick<CopyCaches, 'presence' | 'tags' | 'uploads'>;

/** One copy of a template under way. */
export interface TemplateCopying {
  readonly source: TemplatePackage;
  readonly target: TemplatePackage;
  readonly clock: Pick<Clock, 'now'>;
  readonly tally: TemplateTally;
  /** The version's bytes from the source. `undefined`: the target has it. */
  fetchMissing(version: Digest): Promise<TemplateContent | undefined>;
  /** Gives whether the target has set the tags, too: not when it turns out to have the version. */
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
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'now'>;
}): TemplateCopying {
  const { caches, clock, signal } = deps;
  const source = onSide(deps.source, 'source');
  const target = onSide(deps.target, 'target');
  const tally: TemplateTally = { uploads: 0, tags: 0, asOf: clock.now() };

  return {
    source,
    target,
    clock,
    tally,
    async fetchMissing(version) {
      const wasThere = caches.presence.has(target, version);
      if (await target.hasVersion(version)) return undefined;
      // What another job has brought since is newer than this answer.
      if (wasThere) caches.presence.remove(target, version);
      return { version, bytes: await download(source, version) };
    },
    async upload(content, tags) {
      const { version } = content;
      const before = tally.uploads;
      // A release mostly has several tags, whose jobs come at once.
      await caches.uploads.run(referenceTo(target, version), signal, async () => {
        if (caches.presence.has(target, version)) return;
        if ((await target.upload(content, tags)) === 'uploaded') tally.uploads += 1;
        caches.presence.add(target, version);
      });
      return tally.uploads > before;
    },
  };
}

async function download(source: TemplatePackage, version: Digest): Promise<Buffer> {
  try {
    return await source.download(version);
  } catch (error) {
    if (answerOf(error)?.status !== 404) throw error;
    throw new SourceGoneError(referenceTo(source, version), { cause: error });
  }
}
