import type { Customer } from './customer';
import { VENDOR_BUCKET, VENDOR_REPOSITORY, VENDOR_TEMPLATES } from './customer';

/** A rule, as the simulation means it: `rulesText` writes it for the product, and the model reads it as it is. */
export interface ImageRule {
  readonly name: string;
  /** The hub from which it releases; absent: the vendor's. */
  readonly hub?: Customer;
  readonly images: readonly string[];
  /** Whole tags, and `v*`. */
  readonly tags: readonly string[];
  readonly targets: readonly Customer[];
  readonly immutable?: boolean;
  readonly attachments?: boolean;
  /** Architectures of what arrives; all are linux. A rule that takes it from a hub takes what is there, and names none. */
  readonly platforms?: readonly string[];
  /** The vendor must have signed what it releases. */
  readonly isSigned?: boolean;
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
  /** What a template names is named as at the customer's, and waited for. */
  readonly rewritesImages?: boolean;
}

export function planOtherRules(customers: readonly Customer[]): OtherRule[] {
  const [first, second, third] = customers as Five;
  const tags = ['latest', 'v*'];
  return [
    { kind: 'template', name: 'pipelines', names: ['train'], tags, targets: [first, second] },
    {
      kind: 'template',
      name: 'runners',
      names: ['run'],
      tags,
      targets: [first, second],
      rewritesImages: true,
    },
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
type Seven = readonly [...Five, Customer, Customer];

export function planRules(customers: readonly Customer[]): ImageRule[] {
  const [first, second, third, revoked, paused, hub, last] = customers as Seven;
  const platforms = ['amd64', 'arm64'];
  const tags = ['latest', 'v*'];
  return [
    { name: 'api', images: ['api'], tags, targets: [first, second, paused] },
    { name: 'web', images: ['web'], tags, targets: [first, second, third] },
    { name: 'frozen', images: ['frozen'], tags: ['stable'], targets: [third], immutable: true },
    {
      name: 'slim',
      images: ['slim'],
      tags,
      targets: [first, revoked],
      platforms,
    },
    { name: 'hub', hub: first, images: ['api', 'web'], tags, targets: [hub] },
    { name: 'hub-slim', hub: first, images: ['slim'], tags, targets: [hub], platforms },
    { name: 'hop', hub, images: ['api', 'web'], tags, targets: [last] },
    { name: 'hop-slim', hub, images: ['slim'], tags, targets: [last], platforms },
    { name: 'lost', images: ['lost'], tags, targets: [second] },
    // The first of these asks for nothing, and the second does, of the same tags at the same customer.
    { name: 'open', images: ['signed'], tags: ['v*'], targets: [first] },
    { name: 'signed', images: ['signed'], tags, targets: [first, second, third], isSigned: true },
    { name: 'huge', images: ['huge'], tags, targets: [second], isTooSlow: true },
  ];
}

/** What rules.yaml calls the file with the vendor's public key. */
const KEY_FILE = 'vendor.pub';

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
  const signers = `signers: { vendor: { key: ${KEY_FILE} } }`;
  return `targets:\n${targets.join('\n')}\n${signers}\nrules:\n${written.join('\n')}\n`;
}

function imageText(rule: ImageRule): string {
  const { name, hub, images, tags, immutable, attachments, platforms, isSigned, targets } = rule;
  return [
    `name: ${name}, source: ${hub?.repository ?? VENDOR_REPOSITORY}, images: [${images.join(', ')}]`,
    tagsText(tags),
    ...(immutable === true ? ['immutable: true'] : []),
    ...(isSigned === true ? ['require: [{ statement: signature, by: [vendor] }]'] : []),
    ...(attachments === false ? ['attachments: false'] : []),
    ...(platforms && !hub
      ? [`platforms: [${platforms.map((one) => `linux/${one}`).join(', ')}]`]
      : []),
    targetsText(targets),
  ].join(', ');
}

function otherText({ kind, name, names, tags, targets, rewritesImages }: OtherRule): string {
  const what =
    kind === 'template'
      ? [`source: ${VENDOR_TEMPLATES}, templates: [${names.join(', ')}]`, tagsText(tags)]
      : [
          `source: gs://${VENDOR_BUCKET}, objects: [${names.map((one) => `'${one}/**'`).join(', ')}]`,
        ];
  const rewrites = rewritesImages === true ? ['rewriteImages: true'] : [];
  return [`name: ${name}`, ...what, ...rewrites, targetsText(targets)].join(', ');
}

function tagsText(tags: readonly string[]): string {
  const included = tags.map((tag) => `'${tag}'`).join(', ');
  return `tags: { include: [${included}], exclude: ['*${EXCLUDED}*'] }`;
}

function targetsText(targets: readonly Customer[]): string {
  return `targets: [${targets.map(({ name }) => name).join(', ')}]`;
}
