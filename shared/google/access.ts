import type { KindName, Place } from '../rules/artifact';
import { placeAt, type RuleKind } from '../rules/kind';
import type { Rule, Rules, Target } from '../rules/rules';
import { keysOf } from '../records';

/** Where releases are read and written, and as whom: what a deployment has to know of the rules. Plain data, for Terraform. */
export interface Access {
  /** What rules release. */
  readonly kinds: readonly KindName[];
  /** Repositories, each once, however many rules read there. */
  readonly sources: readonly Part[];
  /** Buckets, each once, with the folders that rules read: "" is all of it. */
  readonly buckets: readonly { readonly bucket: string; readonly folders: readonly string[] }[];
  /** Where each target takes what rules release. */
  readonly targets: readonly {
    readonly target: string;
    readonly impersonate: string | null;
    readonly places: readonly Part[];
    /** Buckets of sources that its own account reads: a copy between buckets runs as one account. */
    readonly reads: readonly string[];
  }[];
  /** The same by folder: the customers' own accounts that read there. */
  readonly readers: readonly {
    readonly bucket: string;
    readonly folder: string;
    readonly accounts: readonly string[];
  }[];
}

/** A repository or a bucket: what grants are made on. */
export interface Part {
  readonly kind: KindName;
  /** `us-docker.pkg.dev/vendor/releases`, `gs://vendor-models`; of a registry that is not Google's, the whole path. */
  readonly name: string;
  readonly bucket: string | null;
  /** Null if the registry is not Google's, and for a bucket, whose name does not contain its project. */
  readonly project: string | null;
  readonly location: string | null;
  readonly repository: string | null;
}

/** What is asked of a kind about grants. */
export interface AccessKind<K extends KindName = KindName> {
  /** What grants on a place are made on. */
  partOf(place: Place<K>): Omit<Part, 'kind'>;
  /** Of a place in a bucket: its folder, "" for all of it. */
  folderOf?(place: Place<K>): string;
  /** What of a target's place cannot work on Google Cloud; follows its name in a sentence. */
  placeProblem?(place: Place<K>): string | undefined;
  /** What of a source cannot; the same. */
  sourceProblem?(place: Place<K>): string | undefined;
}

type AccessKinds = Readonly<Record<KindName, RuleKind & { readonly access: AccessKind }>>;

/** A rule whose source is in a bucket. */
interface BucketRule extends Pick<Rule, 'at' | 'targets'> {
  readonly bucket: string;
  readonly folder: string;
}

/** Says what rules need, and what of them cannot work on Google Cloud. */
export function describeAccess(
  table: AccessKinds,
  { rules, targets }: Rules,
): { readonly access: Access; readonly problems: readonly string[] } {
  const names = keysOf(table);
  const kinds = names.filter((name) => rules.some(({ kind }) => kind === name));
  const partOf = (kind: KindName, place: Place): Part => {
    const { access } = table[kind];
    return { kind, ...access.partOf(place) };
  };
  const sources = rules.map(({ kind, source }) => partOf(kind, source));
  const inBuckets = rules.flatMap(({ kind, source, at, targets: to }): BucketRule[] => {
    const { access } = table[kind];
    const { bucket } = access.partOf(source);
    return bucket === null
      ? []
      : [{ at, targets: to, bucket, folder: access.folderOf?.(source) ?? '' }];
  });
  const read = bucketsByTarget(inBuckets);
  const placesOf = (
    target: Target,
    among: readonly KindName[],
  ): { kind: KindName; place: Place }[] =>
    among.flatMap((kind) => {
      const place = placeAt(target, table[kind]);
      return place === undefined ? [] : [{ kind, place }];
    });
  const access = {
    kinds,
    sources: distinct(sources.filter(({ bucket }) => bucket === null)),
    buckets: bucketsOf(inBuckets),
    targets: targets.map((target) => ({
      target: target.name,
      impersonate: target.impersonate ?? null,
      places: placesOf(target, kinds).map(({ kind, place }) => partOf(kind, place)),
      reads: target.impersonate === undefined ? [] : [...(read.get(target) ?? [])],
    })),
    readers: readersOf(inBuckets),
  };
  const problems = [
    ...rules.map(({ name, kind, source }) => {
      const problem = table[kind].access.sourceProblem?.(source);
      return problem && `rule "${name}": ${problem}`;
    }),
    ...targets.flatMap((target) =>
      placesOf(target, names).map(({ kind, place }) => {
        const problem = table[kind].access.placeProblem?.(place);
        return problem && `target "${target.name}": ${problem}`;
      }),
    ),
  ];
  return { access, problems: problems.filter((problem) => problem !== undefined) };
}

function distinct(parts: readonly Part[]): Part[] {
  return [...new Map(parts.map((part) => [part.name, part])).values()];
}

function bucketsOf(rules: readonly BucketRule[]): Access['buckets'] {
  const buckets = new Map<string, Set<string>>();
  for (const { bucket, folder } of rules) {
    const folders = buckets.get(bucket) ?? new Set();
    buckets.set(bucket, folders.add(folder));
  }
  return [...buckets].map(([bucket, folders]) => ({ bucket, folders: [...folders] }));
}

function bucketsByTarget(rules: readonly BucketRule[]): ReadonlyMap<Target, ReadonlySet<string>> {
  const buckets = new Map<Target, Set<string>>();
  for (const { bucket, targets } of rules) {
    for (const target of targets) {
      buckets.set(target, (buckets.get(target) ?? new Set()).add(bucket));
    }
  }
  return buckets;
}

function readersOf(rules: readonly BucketRule[]): Access['readers'] {
  const readers = new Map<string, { bucket: string; folder: string; accounts: Set<string> }>();
  for (const { at, bucket, folder, targets } of rules) {
    const { accounts } = readers.get(at) ?? { accounts: new Set<string>() };
    for (const { impersonate } of targets) if (impersonate !== undefined) accounts.add(impersonate);
    if (accounts.size > 0) readers.set(at, { bucket, folder, accounts });
  }
  return [...readers.values()].map((reader) => ({ ...reader, accounts: [...reader.accounts] }));
}
