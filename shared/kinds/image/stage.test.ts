import { together } from '../../../local/images/content';
import { image } from '../../../local/images/image';
import { push } from '../../../local/images/push';
import { createStage, SOURCE, type Stage } from '../../../test/support/copy-stage';
import { halt, type Deviation } from '../../../test/support/halts';
import { attest, createParty, type Party } from '../../../test/support/parties';
import { listsNoReferrers } from '../../../test/support/referrers-fault';
import { stage as stageOf } from '../../../test/support/stages';
import { STAGE } from '../../statements/requirement';
import { parseRules } from '../rules';
import { readStageState, stagedRulesOf } from './stage';

const [relay, ops, stranger] = [createParty('relay'), createParty('ops'), createParty('stranger')];
const release = (seed: string) => image({ config: { seed }, tag: 'v1' });
const [one, other] = [release('one'), release('other')];
const NOW = Date.parse('2026-11-03T00:00:00Z');

let stage: Stage;
let here: string;
beforeEach(async () => {
  stage = await createStage();
  here = `${stage.source.address}/${SOURCE}`;
  await stage.publish(one);
  for (const target of ['canary', 'second']) await hold(target);
});
afterEach(() => stage.close());

const hold = (target: string, held = one) =>
  push(held, { registry: stage.target.address, repository: `${target}/api` });
const pem = ({ publicKey }: Party) => publicKey.export({ type: 'spki', format: 'pem' }).toString();

function read(now = NOW) {
  const target = (name: string) => `${name}: { repository: ${stage.target.address}/${name} }`;
  const rules = parseRules(
    `
signers: { relay: { key: relay.pub }, ops: { key: ops.pub } }
halts: { by: [ops] }
targets: { ${['canary', 'second', 'acme'].map(target).join(', ')} }
rules:
  - { name: canaries, source: ${stage.source.address}/vendor, images: [api], targets: [canary, second] }
  - { name: everyone, after: { rule: canaries, soak: 24h, by: [relay] }, targets: [acme] }
`,
    'rules.yaml',
    (path) => pem(path.includes('relay') ? relay : ops),
  );
  const tagged = { registry: stage.source.address, repository: SOURCE, tag: 'v1' };
  const [rule] = stagedRulesOf(rules, tagged);
  const access = {
    rules,
    openSource: () => stage.open('source'),
    openTarget: (_: unknown, { repository }: { repository: string }) =>
      stage.open('target', repository),
    now: () => now,
  };
  return readStageState(access, rule!, tagged);
}

/** A stage of two targets that began when its soak has just ended, unless said otherwise. */
const say = (how: Deviation = {}, by = relay, about = one) =>
  stage.publish(
    stageOf(about.root, here, by, {
      ...how,
      predicate: {
        ...{ state: 'begun', targets: ['canary', 'second'], time: '2026-11-02T00:00:00Z' },
        ...how.predicate,
      },
    }),
  );
const mayPass = { state: 'ready', next: 'passed', targets: ['canary', 'second'] };
const mustBegin = { state: 'ready', next: 'begun', targets: ['canary', 'second'] };

it('may pass when the soak has ended, and not a second earlier', async () => {
  await say();
  expect(await read()).toMatchObject(mayPass);
  expect(await read(NOW - 1000)).toMatchObject({ state: 'soaking', ends: new Date(NOW) });
});

it('has passed for good, whatever the targets hold since', async () => {
  await say({ predicate: { state: 'passed' } });
  await hold('canary', other);
  expect(await read()).toMatchObject({ state: 'passed' });
});

describe.each(['begun', 'passed'])('does not count a statement `%s`', (state) => {
  it.each<[string, Deviation, Party?]>([
    ['by another signer of the rules', {}, ops],
    ['by a stranger', {}, stranger],
    ['for another rule', { predicate: { rule: 'canaries' } }],
    ['for another repository', { predicate: { source: 'gcr.io/v/api' } }],
    ['for another tag', { predicate: { tag: 'v2' } }],
    ['about another digest', { subjects: [other.root.digest] }],
    ['with a time that cannot be parsed', { predicate: { time: 'yesterday' } }],
    ['without targets', { predicate: { targets: [] } }],
    ['of another predicate type', { predicateType: 'https://example.com/stage' }],
    ['in the form of another artifact', { artifactType: 'application/vnd.example' }],
  ])('%s', async (_, how, by = relay) => {
    await say({ ...how, predicate: { state, ...how.predicate } }, by);
    expect(await read()).toMatchObject(mustBegin);
  });

  it('in the form in which cosign attaches others', async () => {
    const predicate = { state, rule: 'everyone', source: here, tag: 'v1' };
    const claim = {
      predicateType: STAGE,
      predicate: { ...predicate, targets: ['canary'], time: '2026-11-01T00:00:00Z' },
    };
    await stage.publish(attest(one.root, relay, claim));
    expect(await read()).toMatchObject(mustBegin);
  });
});

it.each<[string, object, object]>([
  ['from the future', { time: '2026-11-04T00:00:00Z' }, mustBegin],
  ['from a clock a minute ahead', { time: '2026-11-03T00:01:00Z' }, { state: 'soaking' }],
  ['with a target that the awaited rule lacks', { targets: ['canary', 'globex'] }, mustBegin],
])('is read with a `begun` %s', async (_, predicate, expected) => {
  await say({ predicate });
  expect(await read()).toMatchObject(expected);
});

it('cannot pass once the tag holds another digest, however old the stage of the first', async () => {
  await say();
  await stage.publish(other);
  for (const target of ['canary', 'second']) await hold(target, other);
  expect(await read()).toMatchObject({ ...mustBegin, digest: other.root.digest });
});

it('cannot pass while a target holds another digest', async () => {
  await say();
  await hold('second', other);
  expect(await read()).toMatchObject({ state: 'waiting', target: 'second' });
});

it('cannot pass while it is halted, also by a halt that comes while targets are asked', async () => {
  await say();
  stage.target.faults.add({
    on: 'headManifest',
    before: () => stage.publish(halt(one.root, here, ops)),
  });
  expect(await read()).toMatchObject({ state: 'halted' });
  expect(await read()).toMatchObject({ state: 'halted' });
});

it.each([0, 1])('cannot pass while a halt is missing from list %d of the two', async (after) => {
  await say();
  const haltUnlisted = async () => {
    await stage.publish(halt(one.root, here, ops));
    stage.source.faults.add({ ...listsNoReferrers(), after });
  };
  stage.target.faults.add({ on: 'headManifest', before: haltUnlisted });
  expect(await read()).toMatchObject({ state: 'halted' });
});

it('cannot pass when the tag moves while targets are asked', async () => {
  await say();
  stage.target.faults.add({ on: 'headManifest', before: () => stage.publish(other) });
  expect(await read()).toMatchObject({ state: 'waiting', why: 'the tag has moved meanwhile' });
});

it('begins again, at worst, where the list of statements is empty for a moment', async () => {
  await say();
  stage.source.faults.add({ times: 1, ...listsNoReferrers() });
  expect(await read()).toMatchObject({ state: 'ready', next: 'begun' });
});

it('fails where the list of statements fails', async () => {
  await say();
  stage.source.faults.add({ on: 'listReferrers', times: 9, answer: { status: 403 } });
  await expect(read()).rejects.toThrow('403');
});

it('is unknown where the list of statements is a web page', async () => {
  await say();
  const answer = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' };
  stage.source.faults.add({ on: 'listReferrers', times: 2, answer });
  expect(await read()).toMatchObject({ state: 'unreadable' });
});

it('is unknown where a statement cannot be read', async () => {
  await say();
  stage.source.faults.add({ on: 'getBlob', times: 9, answer: { status: 404 } });
  expect(await read()).toMatchObject({ state: 'unreadable' });
});

it('is unknown where a halt cannot be read', async () => {
  await say();
  const haltUnreadably = async () => {
    await stage.publish(halt(one.root, here, ops));
    stage.source.faults.add({ on: 'getBlob', times: 9, answer: { status: 404 } });
  };
  stage.target.faults.add({ on: 'headManifest', before: haltUnreadably });
  expect(await read()).toMatchObject({ state: 'unreadable' });
});

it('is read among junk', async () => {
  const junk = Array.from({ length: 50 }, (_, at) =>
    stageOf(one.root, here, stranger, {
      predicate: { state: 'passed', time: `junk ${String(at)}` },
    }),
  );
  await stage.publish(together(one, ...junk));
  expect(await read()).toMatchObject(mustBegin);
  await say();
  expect(await read()).toMatchObject(mayPass);
});

it('does not travel to a target', async () => {
  await say({ predicate: { state: 'passed' } });
  expect(await stage.copy()).toMatchObject({ outcome: 'copied' });
  expect(await stage.open('target').listReferrers(one.root.digest)).toEqual([]);
});
