import { together, type Image } from '../../../local/images/content';
import { image } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { createSampleSigner } from '../../../local/images/signing';
import { HALT, HALT_TYPE, RESUME, RESUME_TYPE } from '../../../shared/statements/halt';
import type { Random } from '../../support/random';
import { EPOCH } from '../time/clock';
import { VENDOR_REPOSITORY, type Customer } from './customer';
import type { ImagePush, Move, Note } from './move';
import { push, sign } from './pushes';
import type { ImageRule } from './rules';
import { VENDOR } from './signing';
import { spread } from './spread';
import type { Vendor } from './vendor';

const IMAGE = 'stopped';
const SOURCE = `${VENDOR_REPOSITORY}/${IMAGE}`;
/** More than a proof reads, with one halt among them. */
const JUNK = 100;
/** How likely a seed has halts: all its copies ask for them. */
const DRAWN = 0.15;

export interface Halting {
  readonly rules: readonly ImageRule[];
  readonly moves: readonly Move[];
}

/** One image whose releases are halted: one tag at one customer, so that who reads its lists is one copy at a time. */
export function planHalting(
  random: Random,
  [first, second, third]: readonly Customer[],
  { lacks, pages }: Vendor,
): Halting {
  if (!random.chance(DRAWN) || lacks === 'referrers API') return { rules: [], moves: [] };
  const target = random.pick([first!, second!, third!]);
  const attachments = random.chance(0.7);
  const rule = { name: IMAGE, images: [IMAGE], tags: ['latest'], targets: [target], attachments };
  const stories = ['one', 'two', 'three'].slice(0, random.pick([1, 2, 3]));
  const moves = stories.flatMap((seed) =>
    storyOf(random, seed, target, { mayHaveJunk: pages === undefined, isSigned: attachments }),
  );
  return { rules: [{ ...rule, mayHalt: true }], moves: spread(random, moves) };
}

function storyOf(
  random: Random,
  seed: string,
  target: Customer,
  { isSigned, mayHaveJunk }: { readonly isSigned: boolean; readonly mayHaveJunk: boolean },
): Move[] {
  const content = image({
    layers: [layer({ seed: `${IMAGE} ${seed}`, size: 300, compression: 'none' })],
    config: { seed },
  });
  const early = isSigned ? [push(IMAGE, undefined, content), sign(IMAGE, content, seed)] : [];
  const tagged = push(IMAGE, 'latest', content);
  const [one, two] = ['one', 'two'].map((why) => halt(content, why)) as [ImagePush, ImagePush];
  const lifting = resume(content, [one]);
  const asked: Note = {
    kind: 'message',
    at: 0,
    topic: 'copy-jobs',
    data: JSON.stringify({ source: `${SOURCE}:latest`, target: target.name, repair: true }),
  };
  const story = random.pick<Move[]>([
    [tagged],
    [one, tagged],
    [tagged, one],
    [tagged, one, lifting, asked],
    [one, tagged, lifting, asked],
    [one, two, tagged, lifting, asked],
    [tagged, two, one, lifting],
    [forged(content, [one]), one, tagged, forged(content, [one])],
  ]);
  const crowded = mayHaveJunk && random.chance(0.3);
  return [...early, ...(crowded ? [crowd(content, seed), tagged, one] : story)];
}

function halt({ root }: Image, why: string): ImagePush {
  const predicate = { source: SOURCE, why, time: new Date(EPOCH).toISOString() };
  const content = VENDOR.attest(root, HALT, predicate, { artifactType: HALT_TYPE });
  return { ...push(IMAGE, undefined, content), subject: root.digest, stays: true, halts: true };
}

function resume({ root }: Image, halts: readonly ImagePush[]): ImagePush {
  const lifts = halts.map(({ content }) => content.root.digest);
  const content = VENDOR.attest(root, RESUME, resuming(lifts), { artifactType: RESUME_TYPE });
  return { ...push(IMAGE, undefined, content), subject: root.digest, stays: true, lifts };
}

const resuming = (lifts: readonly string[]) => ({
  source: SOURCE,
  lifts,
  why: 'repaired',
  time: new Date(EPOCH).toISOString(),
});

/** What a stranger signs lifts nothing. */
function forged({ root }: Image, halts: readonly ImagePush[]): ImagePush {
  const lifts = halts.map(({ content }) => content.root.digest);
  const as = { artifactType: RESUME_TYPE };
  const content = createSampleSigner('stranger').attest(root, RESUME, resuming(lifts), as);
  return { ...push(IMAGE, undefined, content), subject: root.digest, stays: true };
}

/** A halt among so much junk that nobody reads it. */
function crowd(content: Image, seed: string): ImagePush {
  const one = halt(content, 'unread');
  const junk = Array.from({ length: JUNK }, (_, at) =>
    createSampleSigner('stranger').attest(
      content.root,
      HALT,
      { seed, at },
      { artifactType: HALT_TYPE },
    ),
  );
  return { ...one, content: together(one.content, ...junk) };
}
