import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from '../../../../../shared/oci/descriptor';
import type { ReferrerStore } from '../storage';
import { list, remove, unless, type Files } from './files';
import type { Layout } from './layout';

/** A file for each holds its descriptor. */
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
