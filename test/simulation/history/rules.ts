import type { Customer } from './customer';
import { VENDOR_BUCKET, VENDOR_REPOSITORY, VENDOR_TEMPLATES } from './customer';

/** A rule, as the simulation means it: `rulesText` writes it for the product, and the model reads it as it is. */
export interface ImageRule {
  readonly name: string;
  readonly images: readonly string[];
  /** Whole tags, and `v*`. */
  readonly tags: readonly string[];
  readonly targets: readonly Customer[];
  readonly immutable?: boolean;
  readonly attachments?: boolean;
  /** Architectures; all are linux. */
  readonly platforms?: readonly string[];
  /** What it releases is too slow to be copied. */
  readonly isTooSlow?: boolean;
}

/** A rule about templates or objects. */
export interface OtherRule {
  readonly kind: 'template' | 'object';
  readonly name: string;
  /** Of packages; of objects the folders. */
  readonly names: readonly string[];
  /** Whole tags, and `v*`; none for objects. */
  readonly tags: readonly string[];
  readonly targets: readonly Customer[];
}

export function planOtherRules(customers: readonly Customer[]): OtherRule[] {
  const [first, second, third] = customers as Five;
  const tags = ['latest', 'v*'];
  return [
    { kind: 'template', name: 'pipelines', names: ['train'], tags, targets: [first, second] },
    {
      kind: 'object',
      name: 'models',
      names: ['models', 'gcloud'],
      tags: [],
      targets: [first, third],
    },
  ];
}

type Five = readonly [Customer, Customer, Customer, Customer, Customer];

export function planRules(customers: readonly Customer[]): ImageRule[] {
  const [first, second, third, revoked, paused] = customers as Five;
  const tags = ['latest', 'v*'];
  return [
    { name: 'api', images: ['api'], tags, targets: [first, second, paused] },
    { name: 'web', images: ['web'], tags, targets: [second, third] },
    { name: 'frozen', images: ['frozen'], tags: ['stable'], targets: [third], immutable: true },
    {
      name: 'slim',
      images: ['slim'],
      tags,
      targets: [first, revoked],
      platforms: ['amd64', 'arm64'],
    },
    { name: 'lost', images: ['lost'], tags, targets: [second] },
    { name: 'huge', images: ['huge'], tags, targets: [second], isTooSlow: true },
  ];
}

/** What no rule means, although `v*` matches it. */
export const EXCLUDED = '-rc';

export function rulesText(
  customers: readonly Customer[],
  rules: readonly ImageRule[],
  others: readonly OtherRule[],
): string {
  const targets = customers.map(({ name, repository, templates, bucket, role }) => {
    const pause = role === 'paused' ? ', paused: true' : '';
    const places = `repository: ${repository}, templates: ${templates}, bucket: ${bucket}`;
    return `  ${name}: { ${places}${pause} }`;
  });
  const written = [...rules.map(imageText), ...others.map(otherText)].map(
    (text) => `  - { ${text} }`,
  );
  return `targets:\n${targets.join('\n')}\nrules:\n${written.join('\n')}\n`;
}

function imageText(rule: ImageRule): string {
  const { name, images, tags, immutable, attachments, platforms, targets } = rule;
  return [
    `name: ${name}, source: ${VENDOR_REPOSITORY}, images: [${images.join(', ')}]`,
    tagsText(tags),
    ...(immutable === true ? ['immutable: true'] : []),
    ...(attachments === false ? ['attachments: false'] : []),
    ...(platforms ? [`platforms: [${platforms.map((one) => `linux/${one}`).join(', ')}]`] : []),
    targetsText(targets),
  ].join(', ');
}

function otherText({ kind, name, names, tags, targets }: OtherRule): string {
  const what =
    kind === 'template'
      ? [`source: ${VENDOR_TEMPLATES}, templates: [${names.join(', ')}]`, tagsText(tags)]
      : [
          `source: gs://${VENDOR_BUCKET}, objects: [${names.map((one) => `'${one}/**'`).join(', ')}]`,
        ];
  return [`name: ${name}`, ...what, targetsText(targets)].join(', ');
}

function tagsText(tags: readonly string[]): string {
  const included = tags.map((tag) => `'${tag}'`).join(', ');
  return `tags: { include: [${included}], exclude: ['*${EXCLUDED}*'] }`;
}

function targetsText(targets: readonly Customer[]): string {
  return `targets: [${targets.map(({ name }) => name).join(', ')}]`;
}
