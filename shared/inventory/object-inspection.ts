import type { Bucket } from '../kinds/object/bucket';
import { encryptedError } from '../kinds/object/errors';
import { isUpToDate } from '../kinds/object/record';
import { onSide } from '../kinds/object/sides';
import type { StoredObject } from '../kinds/object/stored-object';
import type { Target } from '../rules/rules';
import { createMemory, type Inspection } from './inspection';
import { releaseName, type SourceObject } from './release';
import type { WantedObject } from './wanted';

export interface ObjectInspectionDeps {
  /** Both keep to the pace of the run. */
  readonly openSourceBucket: (bucket: string) => Bucket;
  readonly openTargetBucket: (target: Target, bucket: string) => Bucket;
}

/** Compares objects as copyArtifact does: by the generation that the target's object was released from, else by content. */
export function createObjectInspection(deps: ObjectInspectionDeps): Inspection<WantedObject> {
  const now = createMemory<StoredObject | undefined>();
  const exists = createMemory<unknown>();
  const readSource = (source: SourceObject): Promise<StoredObject | undefined> =>
    now(releaseName(source), () => {
      const bucket = onSide(deps.openSourceBucket(source.bucket), 'source');
      return bucket.getObject(source.name);
    });

  return {
    async resolve({ source }) {
      if (source.crc32c !== undefined) return digestOf(source.crc32c);
      const latest = await readSource(source);
      if (latest === undefined) return undefined;
      if (latest.crc32c === undefined) throw encryptedError(releaseName(source));
      return digestOf(latest.crc32c);
    },
    async inspect({ target, destination, source }, digest, answered) {
      const bucket = onSide(deps.openTargetBucket(target, destination.bucket), 'target');
      const there = await bucket.getObject(destination.name);
      if (there === undefined) {
        // A bucket that is not there lacks everything, and no job would help.
        await exists(`${target.name} ${bucket.bucket}`, () => bucket.checkBucket());
        answered();
        return { digest, state: 'missing' };
      }
      answered();
      const held = digestOf(there.crc32c);
      if (isUpToDate(there, source.bucket, source)) return { digest: held, held, state: 'current' };
      // The object may have been replaced since the list was made; then the target may be the one who knows better.
      const latest = await readSource(source);
      const isCurrent = latest !== undefined && isUpToDate(there, source.bucket, latest);
      if (isCurrent) return { digest: held, held, state: 'current' };
      return { digest: digestOf(latest?.crc32c ?? source.crc32c), held, state: 'stale' };
    },
  };
}

function digestOf(crc32c = ''): string {
  return `crc32c:${crc32c}`;
}
