import type { Customer } from './customer';
import { VENDOR_REPOSITORY } from './customer';

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

export function rulesText(customers: readonly Customer[], rules: readonly ImageRule[]): string {
  const targets = customers.map(({ name, repository, role }) => {
    const pause = role === 'paused' ? ', paused: true' : '';
    return `  ${name}: { repository: ${repository}${pause} }`;
  });
  const written = rules.map((rule) => {
    const { name, images, tags, immutable, attachments, platforms } = rule;
    const options = [
      `name: ${name}`,
      `source: ${VENDOR_REPOSITORY}`,
      `images: [${images.join(', ')}]`,
      `tags: { include: [${tags.map((tag) => `'${tag}'`).join(', ')}], exclude: ['*${EXCLUDED}*'] }`,
      ...(immutable === true ? ['immutable: true'] : []),
      ...(attachments === false ? ['attachments: false'] : []),
      ...(platforms ? [`platforms: [${platforms.map((one) => `linux/${one}`).join(', ')}]`] : []),
      `targets: [${rule.targets.map((target) => target.name).join(', ')}]`,
    ];
    return `  - { ${options.join(', ')} }`;
  });
  return `targets:\n${targets.join('\n')}\nrules:\n${written.join('\n')}\n`;
}
