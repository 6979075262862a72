import { isGoogleRegistry } from '../oci/reference';
import { RULE_KINDS } from '../kinds/rules';
import type { Kind } from '../rules/artifact';
import { KINDS } from '../kinds/references';
import type { Place } from '../rules/artifact';
import { formatPlace } from '../kinds/references';
import { placeAt } from '../rules/kind';
import type { Rule, RuleOf, Rules, Target } from '../rules/rules';
import { artifactRegistryName } from './artifact-registry-name';

/** Where releases are read and written, and as whom: what a deployment has to know of the rules. Plain data, for Terraform. */
export interface Access {
  /** What rules release. */
  readonly kinds: readonly Kind[];
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
  readonly kind: Kind;
  /** `us-docker.pkg.dev/vendor/releases`, `gs://vendor-models`; of a registry that is not Google's, the whole path. */
  readonly name: string;
  readonly bucket: string | null;
  /** Null where the registry is not Google's, and of a bucket, whose name does not tell. */
  readonly project: string | null;
  readonly location: string | null;
  readonly repository: string | null;
}

/** Says what rules need, and what of them cannot work on Google Cloud. */
export function describeAccess({ rules, targets }: Rules): {
  readonly access: Access;
  readonly problems: readonly string[];
} {
  const kinds = KINDS.filter((kind) => rules.some((rule) => rule.kind === kind));
  const sources = rules.map(({ kind, source }) => partOf(kind, source));
  const objectRules = rules.filter((rule) => rule.kind === 'object');
  const read = bucketsByTarget(objectRules);
  const access = {
    kinds,
    sources: distinct(sources.filter(({ kind }) => kind !== 'object')),
    buckets: bucketsOf(objectRules),
    targets: targets.map((target) => ({
      target: target.name,
      impersonate: target.impersonate ?? null,
      places: kinds.flatMap((kind) => placesOf(target, kind).map((place) => partOf(kind, place))),
      reads: target.impersonate === undefined ? [] : [...(read.get(target) ?? [])],
    })),
    readers: readersOf(objectRules),
  };
  return { access, problems: [...rules.flatMap(sourceProblem), ...targets.flatMap(placeProblem)] };
}

function partOf(kind: Kind, place: Place): Part {
  const nothing = { bucket: null, project: null, location: null, repository: null };
  if ('bucket' in place) {
    return { kind, name: `gs://${place.bucket}`, ...nothing, bucket: place.bucket };
  }
  const found = artifactRegistryName(place);
  if (found === undefined) return { kind, name: formatPlace(place), ...nothing };
  const [, project = '', , location = '', , repository = ''] = found.parent.split('/');
  const name = `${place.registry}/${found.path}`;
  return { kind, name, ...nothing, project, location, repository };
}

function distinct(parts: readonly Part[]): Part[] {
  return [...new Map(parts.map((part) => [part.name, part])).values()];
}

function bucketsOf(rules: readonly RuleOf<'object'>[]): Access['buckets'] {
  const buckets = new Map<string, Set<string>>();
  for (const { source } of rules) {
    const folders = buckets.get(source.bucket) ?? new Set();
    buckets.set(source.bucket, folders.add(source.prefix));
  }
  return [...buckets].map(([bucket, folders]) => ({ bucket, folders: [...folders] }));
}

function bucketsByTarget(
  rules: readonly RuleOf<'object'>[],
): ReadonlyMap<Target, ReadonlySet<string>> {
  const buckets = new Map<Target, Set<string>>();
  for (const { source, targets } of rules) {
    for (const target of targets) {
      buckets.set(target, (buckets.get(target) ?? new Set()).add(source.bucket));
    }
  }
  return buckets;
}

function readersOf(rules: readonly RuleOf<'object'>[]): Access['readers'] {
  const readers = new Map<string, { bucket: string; folder: string; accounts: Set<string> }>();
  for (const { source, targets } of rules) {
    const { bucket, prefix: folder } = source;
    const place = formatPlace(source);
    const { accounts } = readers.get(place) ?? { accounts: new Set<string>() };
    for (const { impersonate } of targets) if (impersonate !== undefined) accounts.add(impersonate);
    if (accounts.size > 0) readers.set(place, { bucket, folder, accounts });
  }
  return [...readers.values()].map((reader) => ({ ...reader, accounts: [...reader.accounts] }));
}

function placesOf(target: Target, kind: Kind): Place[] {
  const place = placeAt(target, RULE_KINDS[kind]);
  return place === undefined ? [] : [place];
}

function sourceProblem({ name, kind, source }: Rule): string[] {
  if (kind === 'object' || partOf(kind, source).project !== null) return [];
  return [
    `rule "${name}": ${formatPlace(source)} is in no Artifact Registry repository (LOCATION-docker.pkg.dev/PROJECT/REPOSITORY): ` +
      `nothing tells of pushes to it`,
  ];
}

function placeProblem(target: Target): string[] {
  return (['image', 'template'] as const).flatMap((kind) =>
    placesOf(target, kind).flatMap((place) =>
      !('bucket' in place) &&
      isGoogleRegistry(place.registry) &&
      partOf(kind, place).project === null
        ? [
            `target "${target.name}": ${formatPlace(place)} names a project, and no repository in it`,
          ]
        : [],
    ),
  );
}
