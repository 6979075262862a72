import { blob, type Image } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import type { Random } from '../../support/random';
import { VENDOR_REPOSITORY, type Customer } from './customer';
import { planEdge } from './edge';
import type { Move } from './move';
import { cosign, push, sign, untag } from './pushes';
import { REFUSED } from './refused';
import type { ImageRule } from './rules';
import { listed } from './referrer-lists';
import { doubt, prove } from './signing';
import { spread } from './spread';
import type { Vendor } from './vendor';

/** Platforms of an index. */
const PLATFORMS = ['amd64', 's390x'] as const;
/** Of which a rule wants fewer. */
const MANY_PLATFORMS = ['amd64', 'arm64', 's390x'] as const;

/**
 * What a vendor's day brings: images and an index in versions, under a second tag, moved, brought back and deleted whatever the
 * seed; all else where its rules are. Each tag has a story of its own, whose steps keep their order.
 */
export function planImages(
  random: Random,
  rules: readonly ImageRule[],
  { lacks }: Pick<Vendor, 'lacks'>,
): Move[] {
  let serial = 0;
  const next = (): string => `${++serial}`;
  const make = (): Image =>
    random.chance(0.5) ? single(random, next()) : multi(next(), PLATFORMS, random.chance(0.2));
  const customerOf = (rule: string): Customer | undefined =>
    rules.find(({ name }) => name === rule)?.targets[0];
  const has = (rule: string): boolean => customerOf(rule) !== undefined;
  const loser = customerOf('lost');
  const stories: readonly Move[][] = [
    versions(random, single(random, next()), lacks === 'tag lists' ? ['att'] : ['att', 'vex']),
    moving(random, [multi(next()), make(), make()]),
    deleted(random, make()),
    returning(random, make()),
    unreleased(make(), make()),
    ...(has('charts') ? [charts(make)] : []),
    ...(has('frozen') ? [frozen(make)] : []),
    ...(has('slim')
      ? [slim(random, multi(next(), MANY_PLATFORMS), multi(next(), MANY_PLATFORMS))]
      : []),
    ...(loser ? [lost(random, multi(next()), loser.name)] : []),
    ...(has('huge') ? [[push('huge', 'v1', huge(next()))]] : []),
    ...Object.entries(REFUSED).flatMap(([name, { make: refused }]) =>
      has(name) ? [[push(name, 'v1', refused())]] : [],
    ),
  ];
  const signedOnes = has('signed') ? planSigned(random, make) : [];
  const edge = has('edge')
    ? planEdge(random, [single(random, next()), single(random, next())])
    : [];
  const moves = [...edge, ...stories.flatMap((story) => spread(random, story)), ...signedOnes];
  return lacks === 'referrers API' ? listed(moves) : moves;
}

/** A tag that moves among what is signed and what is not, or versions that are signed when they are. */
function planSigned(random: Random, make: () => Image): Move[] {
  const tags = random.shuffle(['v1.0.0', 'v1.1.0', 'v2.0.0']).slice(0, random.pick([0, 1, 2]));
  const moved = tags.length < 2 ? spread(random, signed(random, make)) : [];
  return [...moved, ...signedVersions(random, tags, make)];
}

/** Signed before, tagged, tagged again, signed once more in each of the two ways. `kinds`: of early tags. */
function versions(random: Random, content: Image, kinds: readonly ('att' | 'vex')[]): Move[] {
  const signed = sign('api', content, 'early');
  const early = random.pick([
    [signed, sign('api', signed.content, 'of a signature')],
    [signed, sign('api', content, 'too')],
    [cosign('api', content, random.pick(kinds))],
    kinds.map((kind) => cosign('api', content, kind)),
  ]);
  const late = random
    .shuffle([
      sign('api', content, 'late'),
      cosign('api', content, 'sig'),
      sign('api', content, 'later'),
    ])
    .slice(0, random.pick([1, 2, 3]));
  return [
    push('api', undefined, content),
    ...early,
    push('api', 'v1.0.0', content),
    push('api', 'v1', content),
    ...late,
  ];
}

/** A tag that moves, and comes back to what it held. */
function moving(random: Random, [first, second, third]: readonly [Image, Image, Image]): Move[] {
  const back = push('web', 'latest', first);
  const [early, late] = [sign('web', first, 'one'), sign('web', second, 'two')];
  return [
    ...[push('web', undefined, first), early].filter(() => random.chance(0.5)),
    push('web', 'latest', first),
    push('web', 'latest', second),
    ...(random.chance(0.5) ? [late] : []),
    back,
    ...(random.chance(0.5) ? [push('web', 'latest', third)] : []),
    ...(random.chance(0.3) ? [push('web', 'latest', second)] : []),
  ];
}

/** Of Helm, which writes a `+` as `_`. */
function charts(make: () => Image): Move[] {
  return [
    push('charts', '1.2.3_build.5', make()),
    push('charts', '2.0.0_build.1', make()),
    push('charts', '1.2.2_build.9', make()),
  ];
}

function frozen(make: () => Image): Move[] {
  return [push('frozen', 'stable', make()), push('frozen', 'stable', make())];
}

function deleted(random: Random, content: Image): Move[] {
  const gone = [push('web', 'v2.0.0', content), untag('web', 'v2.0.0')];
  return random.chance(0.5) ? gone : [...gone, push('web', 'v2.0.1', content)];
}

function returning(random: Random, content: Image): Move[] {
  const there = push('api', 'v3.0.0', content);
  return random.chance(0.5) ? [there, untag('api', 'v3.0.0'), there] : [there, there];
}

/** Of an index that a rule wants a part of, and perhaps a signature of the whole. */
function slim(random: Random, one: Image, other: Image): Move[] {
  return [one, other].flatMap((content) =>
    random.shuffle([push('slim', 'latest', content), prove(random, 'slim', content)]),
  );
}

/** Complete, then no more, then complete again because somebody asks for it. */
function lost(random: Random, content: Image, customer: string): Move[] {
  const signed = sign('lost', content, 'early');
  const [child] = content.manifests;
  const digest = random.pick([child!.digest, signed.content.root.digest]);
  const source = `${VENDOR_REPOSITORY}/lost:v1`;
  const data = JSON.stringify({ source, target: customer, repair: true });
  return [
    push('lost', undefined, content),
    signed,
    push('lost', 'v1', content),
    { kind: 'loss', at: 0, customer, image: 'lost', tag: 'v1', digest },
    { kind: 'message', at: 0, topic: 'copy-jobs', data },
  ];
}

/** Its last layer comes so slowly that no attempt is long enough. */
function huge(seed: string): Image {
  const layers = [seed, HUGE].map((one) => layer({ seed: one, size: 100, compression: 'none' }));
  return image({ layers });
}

const HUGE = 'huge';

/** The blob that comes slowly. */
export const SLOW_BLOB = layer({ seed: HUGE, size: 100, compression: 'none' }).descriptor.digest;

/** What no rule wants. */
function unreleased(one: Image, other: Image): Move[] {
  return [
    push('internal', 'latest', one),
    sign('internal', one, 'internal'),
    push('api', 'v9.0.0-rc1', other),
    push('api', 'nightly', other),
  ];
}

/** A tag that moves among what is signed before it, after it, by somebody else or never. */
function signed(random: Random, make: () => Image): Move[] {
  return Array.from({ length: random.pick([2, 3]) }, make).flatMap((content) => {
    const tagged = push('signed', 'latest', content);
    const both = random.shuffle([tagged, prove(random, 'signed', content)]);
    return random.pick([
      both,
      both,
      [tagged, doubt(content, { image: 'signed', tag: 'latest' })],
      [tagged],
    ]);
  });
}

/** Longer than what is not signed is waited for. */
const LATE_MS = 20 * 60_000;

/** Versions that are signed in all ways, before they are tagged, soon after it, late or not at all. */
function signedVersions(random: Random, versions: readonly string[], make: () => Image): Move[] {
  return versions.flatMap((tag) => {
    const content = make();
    const tags = random.chance(0.3) ? [tag, `${tag}-b`] : [tag];
    const pushes = tags.map((one) => push('signed', one, content));
    const statements = [
      doubt(content, { image: 'signed', tag }),
      prove(random, 'signed', content),
      prove(random, 'signed', content),
    ].filter(() => random.chance(0.6));
    if (random.chance(0.3)) return spread(random, [...statements, ...pushes]);
    const late = random.chance(0.5) ? LATE_MS : 0;
    return spread(random, [...pushes, ...random.shuffle(statements)]).map((move) =>
      'subject' in move ? { ...move, at: move.at + late } : move,
    );
  });
}

/** Layers that many images have in common are mounted. */
function base(): ReturnType<typeof layer> {
  return layer({ seed: 'base', size: 300, compression: 'none' });
}

function single(random: Random, seed: string): Image {
  const own = layer({ seed, size: 200, compression: 'none' });
  return image({ layers: random.chance(0.5) ? [base(), own] : [own], config: { seed } });
}

function multi(seed: string, platforms: readonly string[] = PLATFORMS, hasBlob = false): Image {
  const images = platforms.map((architecture) => {
    const platform = { os: 'linux', architecture };
    const own = layer({ seed: `${seed} ${architecture}`, size: 100, compression: 'none' });
    return { image: image({ layers: [base(), own], platform, config: { seed } }), platform };
  });
  return index({ entries: hasBlob ? [...images, { image: oddment(seed) }] : images });
}

/** What an index may list as well: a blob, of a type that nobody knows. */
function oddment(seed: string): Image {
  const { descriptor, blob: content } = blob(Buffer.from(`odd ${seed}`), 'application/x-oddment');
  return { root: descriptor, blobs: [content], manifests: [] };
}
