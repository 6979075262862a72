import { parseRules } from '../kinds/rules';
import { events, encodeCopyJob, parseCopyJob } from '../kinds/messages';
import type { OutgoingMessage } from '../jobs/copy-job';
import { system } from '../system/system';
import { readLetters } from './letters';
import { planReplay, replay, type PlanDeps, type ReplayDeps } from './replay';

const rules = parseRules(`
targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  later: { repository: us-docker.pkg.dev/later/vendor, paused: true }
rules:
  - { name: api, source: gcr.io/vendor, images: [api], tags: { include: ['v*'] }, targets: [acme] }
  - { name: late, source: gcr.io/vendor, images: [late], targets: [later] }
`);
const notAsked = () => Promise.reject(new Error('not to be asked'));
const deps: PlanDeps = {
  rules,
  events,
  parseJob: parseCopyJob,
  openRegistries: notAsked,
  artifactRegistry: { tagsOf: notAsked },
  emulatedHosts: [],
  prove: notAsked,
  clock: system.clock,
};

function lettersOf(...data: unknown[]) {
  return readLetters(
    data.map((one, at) => ({
      id: String(at + 1),
      ackId: `ack-${at + 1}`,
      data: Buffer.from(typeof one === 'string' ? one : JSON.stringify(one)),
      attributes: { since: '2026-11-24T11:00:00Z', continued: '3' },
      publishTime: new Date(at),
    })),
    events.sourceOf,
  );
}
const plan = (data: unknown, more: Partial<PlanDeps> = {}) =>
  planReplay(lettersOf(data)[0]!, { ...deps, ...more });

describe('planReplay', () => {
  const source = { kind: 'image', registry: 'gcr.io', repository: 'vendor/api', tag: 'v1' };

  it('replays a job unchanged', async () => {
    const job = { source: 'gcr.io/vendor/api:v1', target: 'acme', repair: true };
    expect(await plan(job)).toMatchObject({
      jobs: [{ source, target: 'acme', repair: true }],
    });
    expect((await plan(job)).why).toBeUndefined();
  });

  it('replays a job once the pause of its target has ended', async () => {
    const frozen = parseRules(`
targets: { acme: { repository: gcr.io/acme, freeze: [{ from: 2026-12-20, until: 2027-01-03 }] } }
rules: [{ name: api, source: gcr.io/vendor, targets: [acme] }]
`);
    const jobsAt = async (time: string) => {
      const clock = { ...system.clock, now: () => Date.parse(time) };
      const planned = await plan({ source, target: 'acme' }, { rules: frozen, clock });
      return planned.jobs.length;
    };
    const source = 'gcr.io/vendor/api:v1';
    expect(await jobsAt('2026-12-24T00:00:00Z')).toBe(0);
    expect(await jobsAt('2027-01-03T00:00:00Z')).toBe(1);
  });

  it('drops the rule of a job only if that rule no longer exists', async () => {
    const job = { source: 'gcr.io/vendor/api:v1', target: 'acme' };
    expect((await plan({ ...job, rule: 'renamed' })).jobs).toEqual([
      { source, target: 'acme', repair: false },
    ]);
    expect((await plan({ ...job, rule: 'late' })).why).toContain('rule "late" does not send');
  });

  it('plans an event again', async () => {
    const { jobs } = await plan({ action: 'INSERT', tag: 'gcr.io/vendor/api:v1' });
    expect(jobs).toEqual([{ source, target: 'acme', rule: 'api', repair: false }]);
  });

  it.each([
    [
      'a job for a target that there is not',
      { source: 'gcr.io/vendor/api:v1', target: 'acne' },
      'gcr.io/vendor/api:v1 is not released to "acne" by the current rules: unknown target "acne"',
    ],
    [
      'a job that no rule allows',
      { source: 'gcr.io/vendor/api:nightly', target: 'acme' },
      'no include passes "nightly"',
    ],
    [
      'a push that no rule wants',
      { action: 'INSERT', tag: 'gcr.io/vendor/web:v1' },
      'gcr.io/vendor/web:v1 matches no rule today',
    ],
    [
      'a job for a paused target, which would copy nothing and be gone',
      { source: 'gcr.io/vendor/late:1', target: 'later' },
      '"later" is paused: nothing would be copied',
    ],
    [
      'a push that is for paused targets alone',
      { action: 'INSERT', tag: 'gcr.io/vendor/late:1' },
      '"later" is paused: nothing would be copied',
    ],
    ['a deletion', { action: 'DELETE', tag: 'gcr.io/vendor/api:v1' }, 'was deleted at the source'],
    ['what is neither', { hello: 'world' }, 'Not a copy job'],
    ['no JSON', '{', 'not JSON'],
  ])('skips %s and reports why', async (_what, data, why) => {
    const planned = await plan(data);
    expect(planned.jobs).toStrictEqual([]);
    expect(planned.why).toContain(why);
  });

  it('reports a failure to read the source', async () => {
    const asked = { action: 'INSERT', digest: `gcr.io/vendor/api@sha256:${'a'.repeat(64)}` };
    expect(await plan(asked)).toMatchObject({ jobs: [], why: 'not to be asked' });
  });
});

describe('replay', () => {
  const job = (tag: string) => ({ source: `gcr.io/vendor/api:${tag}`, target: 'acme' });

  async function run(more: Partial<ReplayDeps> = {}, ...data: unknown[]) {
    const done: string[] = [];
    const plans = await Promise.all(lettersOf(...data).map((letter) => planReplay(letter, deps)));
    const reported = replay(plans, {
      publish: (topic, messages: readonly OutgoingMessage[]) => {
        const texts = messages.map(({ data: sent, attributes }) => [
          Buffer.from(sent).toString(),
          Object.keys(attributes).join(),
        ]);
        done.push(`publish ${topic} ${texts.join()}`);
        return Promise.resolve();
      },
      encode: encodeCopyJob,
      topic: 't',
      ack: (ackIds) => {
        done.push(`ack ${ackIds.join()}`);
        return Promise.resolve();
      },
      rate: 4,
      onReplayed: ({ letter }) => done.push(`replayed ${letter.messageId}`),
      signal: new AbortController().signal,
      clock: {
        sleep: (milliseconds) => {
          done.push(`sleep ${milliseconds}`);
          return Promise.resolve();
        },
      },
      ...more,
    });
    const failure = await reported.catch((error: unknown) => error);
    return { done, failure };
  }
  const published = (tag: string) => `publish t ${JSON.stringify(job(tag))},target`;

  it('publishes, then acks the dead letter, at the given rate, with a new history', async () => {
    const { done, failure } = await run({}, job('v1'), 'no job', job('v2'));
    expect(failure).toBeUndefined();
    expect(done).toEqual([
      published('v1'),
      'ack ack-1',
      'replayed 1',
      'sleep 250',
      published('v2'),
      'ack ack-3',
      'replayed 3',
    ]);
  });

  it('keeps what could not be published, and stops there', async () => {
    const publish = () => Promise.reject(new Error('no such topic'));
    const { done, failure } = await run({ publish }, job('v1'), job('v2'));
    expect(failure).toMatchObject({ message: 'no such topic' });
    expect(done).toStrictEqual([]);
  });

  it.each([
    ['before it begins', 0, []],
    ['between two letters', 1, [published('v1'), 'ack ack-1']],
  ])('ends %s when it is aborted', async (_when, after, expected) => {
    const over = new AbortController();
    if (after === 0) over.abort(new Error('interrupted'));
    const onReplayed = () => over.abort(new Error('interrupted'));
    const { done, failure } = await run({ signal: over.signal, onReplayed }, job('v1'), job('v2'));
    expect(failure).toBe(over.signal.reason);
    expect(done.filter((line) => !line.startsWith('sleep'))).toEqual(expected);
  });
});
