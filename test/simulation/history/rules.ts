import type { Random } from '../../support/random';
import type { Reason } from '../../../shared/delivery/failures';
import { KIND_NAMES } from '../../../shared/kinds/kinds';
import type { KindName } from '../../../shared/rules/artifact';
import type { Customer } from './customer';
import { REFUSED, type RefusedName } from './refused';

/** A rule, as the simulation means it: `rulesText` writes it for the product, and the model reads it as it is. */
export interface ImageRule {
  readonly name: string;
  /** The hub from which it releases; absent: the vendor's. */
  readonly hub?: Customer;
  readonly images: readonly string[];
  /** Whole tags, and `v*`. */
  readonly tags: readonly string[];
  /** How rules.yaml says which versions `tags` are. */
  readonly semver?: string;
  readonly targets: readonly Customer[];
  readonly immutable?: boolean;
  readonly attachments?: boolean;
  /** Architectures of what arrives; all are linux. A rule that takes it from a hub takes what is there, and names none. */
  readonly platforms?: readonly string[];
  /** The vendor must have signed what it releases. */
  readonly isSigned?: boolean;
  /** What it releases may be halted. */
  readonly mayHalt?: true;
  /** What it releases can never be copied, for this reason. */
  readonly failsAs?: Reason;
}

/** Whatever is released besides images. */
export type OtherKind = Exclude<KindName, 'image'>;
export const OTHER_KINDS = KIND_NAMES.filter((kind) => kind !== 'image');

/** A rule about what is no image. */
export interface OtherRule {
  readonly kind: OtherKind;
  readonly name: string;
  /** The hub from which it releases; absent: the vendor's. */
  readonly hub?: Customer;
  /** Of packages; of objects the folders. */
  readonly names: readonly string[];
  /** Whole tags, and `v*`; none for objects. */
  readonly tags: readonly string[];
  readonly targets: readonly Customer[];
  /** What a template names is named as at the customer's, and waited for. */
  readonly rewritesImages?: boolean;
}

type Seven = readonly [Customer, Customer, Customer, Customer, Customer, Customer, Customer];

/** How likely a seed has what not every history needs: each does without most of it, and there can be many more of them. */
const DRAWN = 0.35;
/** What takes many requests. */
const SELDOM = 0.15;

const TAGS = ['latest', 'v*'];
/** Of all that an index has. */
const PLATFORMS = ['amd64', 'arm64'];

/** What no rule means, although `v*` matches it. */
export const EXCLUDED = '-rc';

/** Images and versions are always released to somebody, and of all else some. */
export function planRules(random: Random, customers: readonly Customer[]): ImageRule[] {
  const [first, second, third, revoked, paused, hub, last] = customers as Seven;
  const drawn = (rules: readonly ImageRule[], share = DRAWN): readonly ImageRule[] =>
    random.chance(share) ? rules : [];
  const [tags, platforms] = [TAGS, PLATFORMS];
  const own: readonly ImageRule[] = [
    { name: 'api', images: ['api'], tags, targets: [...someOf(random, [first, second]), paused] },
    { name: 'web', images: ['web'], tags, targets: someOf(random, [first, second, third]) },
    ...drawn([
      {
        name: 'slim',
        images: ['slim'],
        tags,
        targets: [first, revoked],
        platforms,
        isSigned: random.chance(0.4),
      },
    ]),
    ...drawn([
      { name: 'frozen', images: ['frozen'], tags: ['stable'], targets: [third], immutable: true },
    ]),
    ...drawn([
      {
        name: 'charts',
        images: ['charts'],
        tags: ['1.2.3_build.5'],
        semver: '>=1.2.3 <2',
        targets: someOf(random, [first, second, third]),
      },
    ]),
    ...drawn([{ name: 'lost', images: ['lost'], tags, targets: [second] }]),
    ...drawn(
      [
        {
          name: 'edge',
          images: ['edge'],
          tags,
          targets: [random.pick([first, second, third])],
          attachments: false,
        },
      ],
      SELDOM,
    ),
    ...drawn(signedRules(random, [first, second, third])),
    ...drawn(refusedRules(random, [second, third])),
    ...drawn(
      [{ name: 'huge', images: ['huge'], tags, targets: [second], failsAs: 'too-slow' }],
      SELDOM,
    ),
  ];
  return [...own, ...drawn(hubRules(random, own, { first, hub, last }))];
}

/** The first of these asks for nothing, and the second does, of the same tags at the same customer. */
function signedRules(random: Random, customers: readonly Customer[]): ImageRule[] {
  const [first] = customers;
  const open: ImageRule = { name: 'open', images: ['signed'], tags: ['v*'], targets: [first!] };
  const targets = someOf(random, customers);
  const signed: ImageRule = {
    name: 'signed',
    images: ['signed'],
    tags: TAGS,
    targets,
    isSigned: true,
  };
  return targets.includes(first!) && random.chance(0.5) ? [open, signed] : [signed];
}

/** Of one of the images that nobody gets. */
function refusedRules(random: Random, customers: readonly Customer[]): ImageRule[] {
  const name = random.pick(Object.keys(REFUSED) as RefusedName[]);
  const { reason } = REFUSED[name];
  return [{ name, images: [name], tags: TAGS, targets: [random.pick(customers)], failsAs: reason }];
}

interface Chain {
  readonly first: Customer;
  readonly hub: Customer;
  readonly last: Customer;
}

/** Of what the first hub gets one image goes on to the next one, and mostly from there to the last customer. */
function hubRules(
  random: Random,
  rules: readonly ImageRule[],
  { first, hub, last }: Chain,
): ImageRule[] {
  const carried = rules.filter(
    ({ name, targets }) => ['api', 'web', 'slim'].includes(name) && targets.includes(first),
  );
  if (carried.length === 0) return [];
  // A signature of the whole does not come along with a part.
  const rule = { ...random.pick(carried), isSigned: false };
  const links: readonly ImageRule[] = [
    { ...rule, name: 'hub', hub: first, targets: [hub] },
    { ...rule, name: 'hop', hub, targets: [last] },
  ];
  return links.slice(0, random.pick([1, 2, 2]));
}

/** Templates and objects are always released to somebody. */
export function planOtherRules(
  random: Random,
  customers: readonly Customer[],
  rules: readonly ImageRule[],
): OtherRule[] {
  const [first, second, third, , , hub, last] = customers as Seven;
  const tags = TAGS;
  const runners = rules
    .find(({ name }) => name === 'api')!
    .targets.filter(({ role }) => role !== 'paused');
  const own: readonly OtherRule[] = [
    {
      kind: 'template',
      name: 'pipelines',
      names: ['train'],
      tags,
      targets: someOf(random, [first, second]),
    },
    {
      kind: 'object',
      name: 'models',
      names: ['models', 'gcloud'],
      tags: [],
      targets: someOf(random, [first, third]),
    },
  ];
  const rewritten: OtherRule = {
    kind: 'template',
    name: 'runners',
    names: ['run'],
    tags,
    targets: someOf(random, runners),
    rewritesImages: true,
  };
  const carried = own.filter(({ targets }) => targets.includes(first));
  const links = random.chance(DRAWN)
    ? carried.flatMap((rule): readonly OtherRule[] => [
        { ...rule, name: `${rule.name}-hub`, hub: first, targets: [hub] },
        { ...rule, name: `${rule.name}-hop`, hub, targets: [last] },
      ])
    : [];
  return [...own, ...(random.chance(0.5) ? [rewritten] : []), ...links];
}

/** One at least. */
function someOf<T>(random: Random, items: readonly T[]): T[] {
  const one = random.pick(items);
  return items.filter((item) => item === one || random.chance(0.15));
}
