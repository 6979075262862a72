import { createRandom } from '../../support/random';
import type { ImagePush, Move } from './move';
import { otherReleasesOf } from '../model/other-release';
import { createPlan, type Plan } from './plan';
import { OTHER_KINDS, type OtherKind } from './rules';

const plans = Array.from({ length: 300 }, (_, seed) => createPlan(createRandom(seed)));

const pushes = ({ moves }: Plan): ImagePush[] => moves.filter((move) => move.kind === 'push');
const released = (plan: Plan): ImagePush[] =>
  pushes(plan).filter(
    ({ tag, image }) => tag !== undefined && !tag.startsWith('sha256-') && image !== 'internal',
  );
const isAmong = (plan: Plan, kind: Move['kind']): boolean =>
  plan.moves.some((move) => move.kind === kind);
const tagOf = ({ image, tag }: ImagePush): string => `${image}:${tag}`;
const contentOf = ({ content }: ImagePush): string => content.root.digest;
const letters = ({ moves }: Plan): string[] =>
  moves.flatMap((move) => (move.kind === 'message' && move.letter ? [move.letter.reason] : []));
/** When signatures and the like come, before and after the first release of what they are attached to. */
const attached = (plan: Plan, when: 'before' | 'after'): boolean =>
  pushes(plan).some(({ subject, at }) => {
    const release = released(plan).find((push) => contentOf(push) === subject);
    return release !== undefined && release.at < at === (when === 'after');
  });

/** What no seed can miss. */
const QUOTAS: Readonly<Record<string, (plan: Plan) => boolean>> = {
  'an image': (plan) => released(plan).some(({ content }) => content.manifests.length === 1),
  'an index': (plan) => released(plan).some(({ content }) => content.manifests.length > 1),
  'a tag that moves': (plan) =>
    released(plan).some((one) =>
      released(plan).some(
        (other) => tagOf(one) === tagOf(other) && contentOf(one) !== contentOf(other),
      ),
    ),
  'a tag that comes back to what it held': (plan) => {
    const held = released(plan)
      .filter((push) => tagOf(push) === 'web:latest')
      .map(contentOf);
    return held.some(
      (digest, at) => held.slice(at + 2).includes(digest) && held[at + 1] !== digest,
    );
  },
  'a tag that is deleted': (plan) => isAmong(plan, 'untag'),
  'a second tag': (plan) =>
    released(plan).some((one) =>
      released(plan).some((other) => contentOf(one) === contentOf(other) && one.tag !== other.tag),
    ),
  'a signature or the like before its release': (plan) => attached(plan, 'before'),
  'a signature or the like after its release': (plan) => attached(plan, 'after'),
  'a template': (plan) => isAmong(plan, 'upload'),
  "a template's tag that moves": (plan) => isAmong(plan, 'retag'),
  'an object': (plan) => isAmong(plan, 'put'),
  'an object that is deleted': (plan) => isAmong(plan, 'removal'),
  junk: (plan) => letters(plan).filter((reason) => reason === 'invalid-message').length === 4,
  'forged and forbidden jobs': (plan) =>
    letters(plan).filter((reason) => reason === 'not-allowed').length === 6,
  'a rule that is not there': (plan) => letters(plan).includes('rule-not-allowed'),
  'a kill': ({ kills }) => kills.length > 0,
  'an image that somebody gets': ({ rules }) => rules.some(({ targets }) => targets.length > 0),
  ...Object.fromEntries(OTHER_KINDS.map((kind) => [`a released ${kind}`, isReleased(kind)])),
};

/** Something that somebody gets, and that was there. */
function isReleased(kind: OtherKind) {
  return ({ moves, otherRules }: Plan) =>
    otherReleasesOf(moves, otherRules).some((release) => release.kind === kind);
}

describe('every seed has', () => {
  it.each(Object.keys(QUOTAS))('%s', (name) => {
    const without = plans.flatMap((plan, seed) => (QUOTAS[name]!(plan) ? [] : [seed]));
    expect(without).toStrictEqual([]);
  });
});

describe('some seeds have', () => {
  it.each([
    'slim',
    'frozen',
    'lost',
    'huge',
    'edge',
    'open',
    'signed',
    'hub',
    'hop',
    'heavy',
    'windows',
    'sha512',
    'wordy',
  ])('a rule "%s"', (name) => {
    const count = plans.filter(({ rules }) => rules.some((rule) => rule.name === name)).length;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(200);
  });

  it.each(['pages', 'lacks'] as const)('a vendor whose "%s" are odd', (what) => {
    const count = plans.filter(({ vendor }) => vendor[what] !== undefined).length;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(200);
  });
});
