import { sourceTag } from '../../test/support/inventory';
import { digestOf } from '../../shared/oci/digest';
import type { Finding, State } from '../../shared/inventory/finding';
import type { Part } from '../../shared/inventory/part';
import { UnlistableSourceError, type SourcePage } from '../../shared/inventory/source';
import type { CopyJob } from '../../shared/jobs/copy-job';
import { parseRules } from '../../shared/kinds/rules';
import { createReconcile, type DriftRecord, type HeldRecord } from './handler';

const SOURCE = 'us-docker.pkg.dev/vendor/releases';
const rules = parseRules(`targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: us-docker.pkg.dev/globex/vendor, paused: true }
rules:
  - { name: all, source: ${SOURCE}, targets: [acme, globex] }
  - { name: more, source: ${SOURCE}/more, as: 'more/{image}:{tag}', targets: [acme] }
`);
const tags = (count: number) =>
  Array.from({ length: count }, (_, at) => sourceTag(`${SOURCE}/api:${1000 + at}`, { day: 1 }));

interface Setting {
  readonly pages?: Readonly<Record<string, SourcePage>>;
  readonly state?: State;
  readonly isSpent?: () => boolean;
  readonly failure?: Error;
}

function start({ pages = {}, state = 'current', isSpent = () => false, failure }: Setting) {
  const jobs: CopyJob[] = [];
  const parts: Part[] = [];
  const records: (DriftRecord | HeldRecord)[] = [];
  const reconcile = createReconcile({
    rules,
    openRun: () => ({
      comparison: {
        holds: () => Promise.reject(new Error('not to be asked')),
        compare: (wanted) =>
          Promise.resolve(
            wanted.map((one): Finding => ({
              ...one,
              state,
              digest: digestOf(Buffer.from('x')),
              ...(state === 'unreachable' && {
                trouble: { reason: 'network', error: 'no', remedy: 'Wait.' },
              }),
            })),
          ),
      },
      listingOf: () => ({
        key: 'k',
        page: (from = 'first') =>
          failure ? Promise.reject(failure) : Promise.resolve(pages[from] ?? { releases: [] }),
      }),
      isSpent,
    }),
    publishJobs: (some) => Promise.resolve(void jobs.push(...some)),
    publishParts: (some) => Promise.resolve(void parts.push(...some)),
    report: (record) => void records.push(record),
    clock: { now: () => Date.UTC(2026, 10, 27) },
  });
  return { reconcile, jobs, parts, records };
}
const begin: Part = { rule: 'all', from: 0, drift: {} };

it('becomes one part for each rule', async () => {
  const { reconcile, parts } = start({});
  expect(await reconcile({ from: 0, drift: {} })).toMatchObject({ outcome: 'started' });
  expect(parts).toEqual([
    { rule: 'all', from: 0, drift: {} },
    { rule: 'more', from: 0, drift: {} },
  ]);
});

it('publishes repairs, leaves paused targets alone, and reports each target once at the end', async () => {
  const { reconcile, jobs, parts, records } = start({
    pages: { first: { releases: tags(3) } },
    state: 'missing',
  });
  const done = await reconcile(begin);
  expect(done).toMatchObject({
    outcome: 'compared',
    line: '3 releases compared, 3 copy jobs published',
  });
  expect(jobs.map(({ target, repair }) => [target, repair])).toEqual(Array(3).fill(['acme', true]));
  expect(parts).toStrictEqual([]);
  expect(records).toEqual([
    {
      outcome: 'drift',
      target: 'acme',
      rule: 'all',
      missing: 3,
      stale: 0,
      attachmentsMissing: 0,
      unreachable: 0,
    },
  ]);
});

it('hands the next page on, with what it found', async () => {
  const { reconcile, parts, records } = start({
    pages: { first: { releases: tags(2), next: 'second' }, second: { releases: tags(1) } },
    state: 'stale',
  });
  await reconcile(begin);
  const none = { missing: 0, attachmentsMissing: 0, unreachable: 0, held: 0, heldOverADay: 0 };
  const drift = { acme: { ...none, stale: 2 } };
  expect(parts).toEqual([{ rule: 'all', page: 'second', from: 0, drift }]);
  expect(records).toStrictEqual([]);
  await reconcile(parts[0]!);
  expect(records).toMatchObject([{ target: 'acme', stale: 3 }]);
});

it('hands on what is left of a page when its budget is spent', async () => {
  const { reconcile, parts } = start({
    pages: { second: { releases: tags(500) } },
    isSpent: () => true,
  });
  await reconcile({ ...begin, page: 'second' });
  expect(parts).toEqual([{ rule: 'all', page: 'second', from: 50, drift: {} }]);
  await reconcile(parts[0]!);
  await reconcile(parts[1]!);
  expect(parts.map(({ from }) => from)).toEqual([50, 100, 150]);
});

it('goes through a page while there is budget', async () => {
  const { reconcile, parts, records } = start({ pages: { first: { releases: tags(500) } } });
  expect(await reconcile(begin)).toMatchObject({ fields: { releases: 500, isLast: true } });
  expect([parts, records]).toEqual([[], []]);
});

it('tells a target that cannot be asked from one that differs', async () => {
  const { reconcile, jobs, records } = start({
    pages: { first: { releases: tags(2) } },
    state: 'unreachable',
  });
  await reconcile(begin);
  expect(jobs).toStrictEqual([]);
  expect(records).toMatchObject([{ outcome: 'unreachable', unreachable: 2, reason: 'network' }]);
});

it('tells what is held apart from drift, and how much of it for more than a day', async () => {
  const [first, ...others] = tags(3);
  const releases = [
    { ...first!, uploadedAt: new Date('2026-11-25T23:59:00Z') },
    ...others.map((one) => ({ ...one, uploadedAt: new Date('2026-11-26T00:01:00Z') })),
  ];
  const { reconcile, jobs, records } = start({ pages: { first: { releases } }, state: 'held' });
  await reconcile(begin);
  expect(jobs).toStrictEqual([]);
  expect(records).toEqual([
    { outcome: 'held', target: 'acme', rule: 'all', held: 3, heldOverADay: 1 },
  ]);
});

it('counts attachments that are missing', async () => {
  const { reconcile, records } = start({
    pages: { first: { releases: tags(1) } },
    state: 'attachments missing',
  });
  await reconcile(begin);
  expect(records).toMatchObject([{ outcome: 'drift', attachmentsMissing: 1 }]);
});

it('ends where the rule is no more', async () => {
  const { reconcile } = start({});
  expect(await reconcile({ ...begin, rule: 'old' })).toMatchObject({ outcome: 'ignored' });
});

it('says that a source cannot be listed, and fails when it may be later', async () => {
  const failure = new UnlistableSourceError('name the images');
  expect(await start({ failure }).reconcile(begin)).toMatchObject({
    outcome: 'unlistable',
    line: 'name the images',
  });
  await expect(start({ failure: new Error('busy') }).reconcile(begin)).rejects.toThrow('busy');
});
