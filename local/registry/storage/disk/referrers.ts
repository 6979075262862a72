import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from '../../../../shared/oci/descriptor';
import type { Digest } from '../../../../shared/oci/digest';
import { list, remove, unless, type Files } from './files';
import type { Layout } from './layout';

/** Which manifests name a subject (OCI referrers). A file for each holds its descriptor. */
export interface ReferrerStore {
  readonly add: (repository: string, subject: Digest, referrer: Descriptor) => Promise<void>;
  readonly remove: (repository: string, subject: Digest, referrer: Digest) => Promise<void>;
  /** Sorted by digest. */
  readonly list: (repository: string, subject: Digest) => Promise<readonly Descriptor[]>;
}

export function createReferrerStore(layout: Layout, files: Files): ReferrerStore {
  return {
    add: (repository, subject, referrer) =>
      files.replace(
        layout.referrer(repository, subject, referrer.digest),
        JSON.stringify(referrer),
      ),
    async remove(repository, subject, referrer) {
      await remove(layout.referrer(repository, subject, referrer));
    },
    async list(repository, subject) {
      const folder = layout.referrers(repository, subject);
      const names = [...(await list(folder))].sort();
      const texts = await Promise.all(
        names.map((name) => unless('ENOENT', readFile(join(folder, name), 'utf8'), undefined)),
      );
      return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Descriptor]));
    },
  };
}
