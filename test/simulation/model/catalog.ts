import type { Image } from '../../../local/images/content';
import type { Move } from '../history/move';

/** All manifests that the vendor ever pushed: what each consists of. */
export interface Catalog {
  /** `undefined`: the vendor has never pushed it. */
  readonly find: (digest: string) => Entry | undefined;
  /** The digests of a manifest and of all that is below it: manifests and blobs. */
  readonly closure: (digest: string) => ReadonlySet<string>;
}

export interface Entry {
  readonly children: readonly Child[];
  readonly blobs: readonly string[];
}

export interface Child {
  readonly digest: string;
  readonly architecture: string | undefined;
}

interface Document {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly {
    readonly mediaType: string;
    readonly digest: string;
    readonly platform?: { readonly architecture: string };
  }[];
}

export function createCatalog(moves: readonly Move[]): Catalog {
  const entries = new Map<string, Entry>();
  for (const move of moves) if (move.kind === 'push') add(entries, move.content);

  const closure: Catalog['closure'] = (digest) => {
    const entry = entries.get(digest);
    const below = (entry?.children ?? []).flatMap((child) => [...closure(child.digest)]);
    return new Set([digest, ...(entry?.blobs ?? []), ...below]);
  };
  return { find: (digest) => entries.get(digest), closure };
}

/** What a manifest or an index points at. */
export function readEntry(bytes: Uint8Array): Entry {
  const {
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(Buffer.from(bytes).toString()) as Document;
  const isManifest = ({ mediaType }: { readonly mediaType: string }): boolean =>
    /[.](manifest|index|list)[.]/.test(mediaType);
  const odd = manifests.filter((entry) => !isManifest(entry));
  return {
    blobs: [...(config ? [config] : []), ...layers, ...odd].map(({ digest }) => digest),
    children: manifests.filter(isManifest).map(({ digest, platform }) => ({
      digest,
      architecture: platform?.architecture,
    })),
  };
}

function add(entries: Map<string, Entry>, { manifests }: Image): void {
  for (const { digest, bytes } of manifests) entries.set(digest, readEntry(bytes));
}
