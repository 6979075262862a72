import { image } from '../../local/images/image';
import { createStage, SOURCE, type Stage } from '../../test/support/copy-stage';
import type { Deviation } from '../../test/support/halts';
import { attest, createParty } from '../../test/support/parties';
import { stage as stageOf } from '../../test/support/stages';
import { isWaitingForStage, missingOf, type Proof } from './proof';
import { createProver } from './prove';
import { OVERRIDE, SIGNATURE, STAGE, type Requirement } from './requirement';

const [relay, ops, stranger] = [createParty('relay'), createParty('ops'), createParty('stranger')];
const api = image({ config: { seed: 'api' }, tag: 'v1' });
const subject = api.root;
const other = image({ config: { seed: 'other' } }).root;
const now = new Date('2026-11-03T00:00:00Z');
const plain = { identity: [], where: [], enforce: true };
const passing: Requirement = { ...plain, statement: STAGE, by: [relay.signer] };
const signed: Requirement = { ...plain, statement: 'signature', by: [ops.signer] };

let stage: Stage;
let here: string;
beforeEach(async () => {
  stage = await createStage();
  here = `${stage.source.address}/${SOURCE}`;
  await stage.publish(api);
});
afterEach(() => stage.close());

const rule = (...requirements: Requirement[]) => ({
  rule: 'everyone',
  requirements,
  override: [ops.signer],
});

async function prove(requirements = [passing], tag = 'v1'): Promise<Proof> {
  const source = stage.open('source');
  const rules = [rule(...requirements)];
  const asked = { source, subject: subject.digest, tag, rules, now };
  return (await createProver()(asked)).underTag(tag);
}

async function whyNot(how: Deviation, by = relay, about = subject): Promise<string> {
  await stage.publish(stageOf(about, here, by, how));
  return missingOf(await prove()).join();
}

it('passes by a statement that the stage has passed, for its tag alone', async () => {
  await stage.publish(stageOf(subject, here, relay));
  stage.requests();
  expect((await prove()).proven).toBe(true);
  expect(stage.requests().source).toEqual({ listReferrers: 1, getManifest: 1, getBlob: 1 });
  expect((await prove([passing], 'v2')).proven).toBe(false);
});

it('passes by any such statement, whatever else is said before and after', async () => {
  const said = (predicate: object, by = relay) => stageOf(subject, here, by, { predicate });
  await stage.publish(said({ state: 'begun' }));
  await stage.publish(said({}));
  await stage.publish(said({ state: 'begun', time: '2026-11-02T00:00:00Z' }));
  await stage.publish(said({ state: 'begun' }, stranger));
  expect((await prove()).proven).toBe(true);
});

it('waits where nothing is said', async () => {
  const proof = await prove();
  expect(missingOf(proof)).toEqual([
    'everyone waits for its stage, passed by relay: found nothing',
  ]);
  expect(isWaitingForStage(proof)).toBe(true);
});

it.each<[string, Deviation, RegExp]>([
  ['of a stage that began', { predicate: { state: 'begun' } }, /began at 2026.* has not passed/],
  ['of another state', { predicate: { state: 'ended' } }, /no valid state/],
  ['about another rule', { predicate: { rule: 'canaries' } }, /for the rule canaries and/],
  [
    'about another repository',
    { predicate: { source: 'gcr.io/v/api' } },
    /gcr\.io\/v\/api:v1 alone/,
  ],
  ['about another tag', { predicate: { tag: 'v2' } }, /:v2 alone/],
  ['about another digest', { subjects: [other.digest] }, /about sha256:/],
  ['without targets', { predicate: { targets: [] } }, /no valid targets/],
  ['of an unparsable time', { predicate: { time: 'yesterday' } }, /no valid time/],
  ['of another type', { predicateType: SIGNATURE }, /of predicate type .*sign/],
  ['that is no bundle', { bundle: Buffer.from('{}') }, /no Sigstore bundle/],
])('waits, with a statement %s', async (_, how, why) => {
  expect(await whyNot(how)).toMatch(why);
});

it('waits, with a statement that another key has signed', async () => {
  expect(await whyNot({}, stranger)).toMatch('by key');
});

it('waits, with a statement in the form in which cosign attaches others', async () => {
  const predicate = { state: 'passed', rule: 'everyone', source: here, tag: 'v1' };
  const claim = {
    predicateType: STAGE,
    predicate: { ...predicate, targets: ['canary'], time: '2026-11-01T00:00:00Z' },
  };
  await stage.publish(attest(subject, relay, claim));
  expect(missingOf(await prove()).join()).toMatch(
    'with artifact type application/vnd.dev.sigstore',
  );
});

describe('an override', () => {
  const attach = (waives?: string[]) =>
    stage.publish(
      attest(subject, ops, {
        predicateType: OVERRIDE,
        predicate: {
          ...{ rule: 'everyone', source: here, tag: 'v1', why: 'urgent', waives },
          expires: '2026-11-04T00:00:00Z',
        },
      }),
    );

  it.each([
    [['stage'], true, false],
    [['requirements'], false, true],
    [undefined, false, true],
    [['requirements', 'stage'], true, true],
  ])('that waives %j', async (waives, stageIsWaived, isRequirementWaived) => {
    await attach(waives);
    expect((await prove([passing])).proven).toBe(stageIsWaived);
    expect((await prove([signed])).proven).toBe(isRequirementWaived);
    const both = await prove([passing, signed]);
    expect(both.proven).toBe(stageIsWaived && isRequirementWaived);
    expect(isWaitingForStage(both)).toBe(!stageIsWaived);
    expect(both.rules[0]?.overrides).toMatchObject([{ by: 'ops', why: 'urgent' }]);
  });

  it('of each counts next to the other', async () => {
    await attach(['stage']);
    await attach(['requirements']);
    const proof = await prove([passing, signed]);
    expect(proof.proven).toBe(true);
    expect(proof.rules[0]?.overrides).toHaveLength(2);
  });
});
