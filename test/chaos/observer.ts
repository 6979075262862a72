import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { createLayout, type Layout } from '../../local/registry/storage/layout';
import type { Digest } from '../../shared/oci/digest';

/**
 * Sees every write of a tag at the targets at the moment it happens, before the writer gets its answer: whether everything
 * below it is there, and whether it goes back to something older.
 */
export interface Observer {
  /** What the vendor's tag holds from now on, and what had been attached to it by then. */
  readonly released: (name: string, digest: string, attached: readonly string[]) => void;
  readonly watch: (
    target: string,
    folder: string,
    prefix: string,
  ) => (write: {
    readonly repository: string;
    readonly tag: string;
    readonly digest: string;
  }) => void;
  readonly figures: () => Observed;
}

export interface Observed {
  readonly writes: number;
  /** For people: tags that were seen before all of their content. */
  readonly incomplete: readonly string[];
  readonly stepsBack: number;
  /** Milliseconds until the longest of them was over. */
  readonly longestStepBack: number;
}

const Document = z.looseObject({
  config: z.object({ digest: z.string() }).optional(),
  layers: z.array(z.object({ digest: z.string() })).optional(),
  manifests: z.array(z.object({ digest: z.string() })).optional(),
});

export function createObserver(): Observer {
  const versions = new Map<string, string[]>();
  const attachments = new Map<string, readonly string[]>();
  const highest = new Map<string, { version: number; backSince?: number }>();
  const incomplete: string[] = [];
  let writes = 0;
  let stepsBack = 0;
  let longestStepBack = 0;

  function rank(key: string, version: number): void {
    const known = highest.get(key);
    if (!known || version >= known.version) {
      if (known?.backSince !== undefined) {
        longestStepBack = Math.max(longestStepBack, performance.now() - known.backSince);
      }
      highest.set(key, { version });
    } else {
      stepsBack++;
      known.backSince ??= performance.now();
    }
  }

  return {
    released(name, digest, attached) {
      versions.set(name, [...(versions.get(name) ?? []), digest]);
      attachments.set(`${name}@${digest}`, attached);
    },
    watch(target, folder, prefix) {
      const layout = createLayout(folder);
      return ({ repository, tag, digest }) => {
        if (/^sha256-/.test(tag)) return;
        writes++;
        const name = `${repository.slice(prefix.length)}:${tag}`;
        const lacks = [
          ...missingBelow(layout, repository, digest),
          ...(attachments.get(`${name}@${digest}`) ?? []).filter(
            (attached) => !existsSync(layout.manifest(repository, attached as Digest)),
          ),
        ];
        if (lacks.length > 0) incomplete.push(`${target} ${name} lacks ${lacks.join(', ')}`);
        rank(`${target} ${name}`, versions.get(name)?.indexOf(digest) ?? -1);
      };
    },
    figures: () => ({ writes, incomplete, stepsBack, longestStepBack }),
  };
}

/** What is not there of all that a manifest points at, directly and below. */
function missingBelow(layout: Layout, repository: string, digest: string): string[] {
  const file = layout.manifest(repository, digest as Digest);
  if (!existsSync(file)) return [digest];
  const stored = readFileSync(file, 'utf8');
  const document = Document.parse(JSON.parse(stored.slice(stored.indexOf('\n') + 1)));
  const blobs = [...(document.config ? [document.config] : []), ...(document.layers ?? [])];
  return [
    ...blobs
      .map((blob) => blob.digest)
      .filter((blob) => !existsSync(layout.blob(repository, blob as Digest))),
    ...(document.manifests ?? []).flatMap((child) =>
      missingBelow(layout, repository, child.digest),
    ),
  ];
}
