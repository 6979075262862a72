import { KINDS } from '../../shared/kinds/kinds';
import type { KindName } from '../../shared/rules/artifact';
import type { Places as PlacesOfTarget, RuleKind } from '../../shared/rules/kind';

/** What rules are written about: repositories and buckets, by the names of the targets. */
export interface Places {
  /** The vendor's repository: `127.0.0.1:5050/vendor/releases`. */
  readonly source: string;
  /** The vendor's pipeline templates: `local-kfp.localhost:5080/vendor/pipelines`. */
  readonly templates: string;
  /** The vendor's folder of objects: `gs://vendor-releases/models`. */
  readonly bucket: string;
  readonly targets: readonly TargetPlaces[];
}

/** The vendor's place for each kind. */
export function sourcesOf({
  source,
  templates,
  bucket,
}: Omit<Places, 'targets'>): Readonly<Record<KindName, string>> {
  return { image: source, template: templates, object: bucket };
}

/** The public key of the vendor's signer, next to the rules. */
export const SAMPLE_KEY = 'keys/release.pub';

export interface TargetPlaces extends PlaceTexts {
  readonly name: string;
  readonly repository: string;
  readonly receipts?: boolean;
}

/** The places of a target as rules name them, each under its key. */
export type PlaceTexts = { readonly [Key in keyof PlacesOfTarget]?: string };

/** The keys of a target that name its places. */
export const PLACE_KEYS = Object.values(KINDS).map(({ place }: RuleKind) => place.key);

/** What the vendor releases, to the targets with these names. */
const RULES: Readonly<Record<KindName, (from: Places, targets: string) => string>> = {
  image: images,
  template: pipelines,
  object: models,
};

/** The rules of the local stack: images go to everyone, one of them once it is signed, pipeline templates and models to those who want them. */
export function sampleRules(places: Places): string {
  const { targets } = places;
  const lines = targets.map((target) => {
    const keys = PLACE_KEYS.flatMap((key) =>
      target[key] === undefined ? [] : [`${key}: '${target[key]}'`],
    );
    if (target.receipts === true) keys.push('receipts: true');
    return `  ${target.name}: { ${keys.join(', ')} }`;
  });
  const named = (wanted: readonly TargetPlaces[]): string =>
    wanted.map(({ name }) => name).join(', ');
  const rules = Object.values(KINDS).flatMap(({ name, place }: RuleKind) => {
    const takers = targets.filter((target) => target[place.key] !== undefined);
    return takers.length === 0 ? [] : [RULES[name](places, named(takers))];
  });
  return `targets:
${lines.join('\n')}
groups:
  everyone: [${named(targets)}]
signers:
  release: { key: ${SAMPLE_KEY} }
rules:
${rules.join('')}`;
}

function images({ source }: Places): string {
  return `  - name: releases
    source: ${source}
    images: [api, 'services/**']
    tags:
      include: [latest]
      semver: '>=1.0.0'
      exclude: ['*-rc*']
    targets: [everyone]
  - name: signed
    source: ${source}
    images: [payments]
    require: [{ statement: signature, by: [release] }]
    targets: [everyone]
`;
}

function pipelines({ templates: source }: Places, targets: string): string {
  return `  - name: pipelines
    source: ${source}
    tags:
      semver: '>=1.0.0'
    targets: [${targets}]
`;
}

function models({ bucket: source }: Places, targets: string): string {
  return `  - name: models
    source: ${source}
    objects: ['**/*.bin']
    targets: [${targets}]
`;
}
