import { sourceTag } from '../../test/support/inventory';
import { digestOf } from '../../shared/oci/digest';
import type { Finding, State } from '../../shared/inventory/finding';
import type { Drift, Part, SourcePart } from '../../shared/inventory/part';
import { UnlistableSourceError, type SourcePage } from '../../shared/inventory/source';
import type { CopyJob } from '../../shared/jobs/copy-job';
import type { Rules } from '../../shared/rules/rules';
import { parseRules } from '../../shared/kinds/rules';
import { releaseName } from '../../shared/kinds/references';
import type { DriftRecord, HeldRecord } from './drift';
import { createReconcile } from './handler';

const SOURCE = 'us-docker.pkg.dev/vendor/releases';
const RULES = parseRules(`targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: us-docker.pkg.dev/globex/vendor, paused: true }
rules:
  - { name: all, source: ${SOURCE}, images: [api], targets: [acme, globex] }
  - { name: more, source: ${SOURCE}, images: [api], as: 'more/{image}:{tag}', tags: { include: [v1] }, targets: [acme] }
  - { name: other, source: us-docker.pkg.dev/vendor/other, images: [web], targets: [acme] }
`);
const tags = (count: number) =>
  Array.from({ length: count }, (_, at) => sourceTag(`${SOURCE}/api:${1000 + at}`, { day: 1 }));

/** Two rules want it. */
const SHARED = sourceTag(`${SOURCE}/api:v1`, { day: 2 });

interface Setting {
  readonly pages?: Readonly<Record<string, SourcePage>>;
  readonly state?: State;
  readonly isSpent?: () => boolean;
  readonly failure?: Error;
  readonly rules?: Rules;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

function start({
  pages = {},
  state = 'current',
  isSpent = () => false,
  failure,
  rules = RULES,
  now = Date.UTC(2026, 10, 27),
}: Setting) {
  const jobs: CopyJob[] = [];
  const parts: Part[] = [];
  const compared: string[] = [];
  const records: (DriftRecord | HeldRecord)[] = [];
  const reconcile = createReconcile({
    rules,
    openRun: () =>
      Promise.resolve({
        comparison: {
          holds: () => Promise.reject(new Error('not to be asked')),
          compare: (wanted) => {
            compared.push(
              ...wanted.map(({ source, rule, target }) =>
                [rule.name, target.name, releaseName(source)].join(' '),
              ),
            );
            return Promise.resolve(
              wanted.map((one): Finding => ({
                ...one,
                state,
                digest: digestOf(Buffer.from('x')),
                ...(state === 'unreachable' && {
                  trouble: { reason: 'network', error: 'no', remedy: 'Wait.' },
                }),
              })),
            );
          },
        },
        listingOf: ({ at }) => ({
          key: `list of ${at}`,
          page: (from = 'first') =>
            failure ? Promise.reject(failure) : Promise.resolve(pages[from] ?? { releases: [] }),
        }),
        isSpent,
      }),
    publishJobs: (some) => Promise.resolve(void jobs.push(...some)),
    publishParts: (some) => Promise.resolve(void parts.push(...some)),
    report: (record) => void records.push(record),
    clock: { now: () => now },
  });
  return { reconcile, jobs, parts, records, compared };
}
const begin: SourcePart = { source: `list of ${SOURCE}`, compared: [], found: {} };
const NONE: Drift = {
  missing: 0,
  stale: 0,
  attachmentsMissing: 0,
  unreachable: 0,
  held: 0,
  heldOverADay: 0,
};

it('becomes one part for each source', async () => {
  const { reconcile, parts } = start({});
  const done = await reconcile({});
  expect(done).toMatchObject({ outcome: 'started', line: '2 sources to compare' });
  expect(parts).toEqual([
    { source: `list of ${SOURCE}`, compared: [], found: {} },
    { source: 'list of us-docker.pkg.dev/vendor/other', compared: [], found: {} },
  ]);
});

it('begins a source once for all messages that name one of its rules', async () => {
  const { reconcile, parts } = start({});
  expect(await reconcile({ rule: 'all' })).toMatchObject({ outcome: 'started' });
  for (const rule of ['more', 'gone']) {
    expect(await reconcile({ rule })).toMatchObject({ outcome: 'ignored' });
  }
  expect(parts).toEqual([begin]);
});

it('publishes repairs, skips paused targets, and reports each rule and target once at the end', async () => {
  const { reconcile, jobs, parts, records } = start({
    pages: { first: { releases: [SHARED, ...tags(2)] } },
    state: 'missing',
  });
  const done = await reconcile(begin);
  expect(done).toMatchObject({
    outcome: 'compared',
    line: '4 releases compared, 4 copy jobs published',
  });
  expect(jobs.map(({ target, rule, repair }) => [target, rule, repair])).toEqual([
    ['acme', 'all', true],
    ['acme', 'all', true],
    ['acme', 'all', true],
    ['acme', 'more', true],
  ]);
  expect(parts).toStrictEqual([]);
  const missing = (rule: string, count: number) => ({
    outcome: 'drift',
    target: 'acme',
    rule,
    missing: count,
    stale: 0,
    attachmentsMissing: 0,
    unreachable: 0,
  });
  expect(records).toEqual([missing('all', 3), missing('more', 1)]);
});

it('compares everything of a target in the first run after its pause or freeze', async () => {
  const rules = parseRules(`targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor, paused: { until: 2026-12-09 } }
  globex: { repository: us-docker.pkg.dev/globex/vendor }
groups: { cold: { targets: [globex], freeze: [{ from: 2026-12-01, until: 2026-12-09T12:00Z }] } }
rules: [{ name: all, source: ${SOURCE}, images: [api], targets: [acme, cold] }]`);
  const pages = { first: { releases: tags(2) } };
  const targetsAt = async (time: string) => {
    const run = start({ rules, pages, state: 'missing', now: Date.parse(time) });
    await run.reconcile(begin);
    return run.jobs.map(({ target }) => target);
  };
  expect(await targetsAt('2026-12-08T23:59:59Z')).toEqual([]);
  expect(await targetsAt('2026-12-09T00:00:00Z')).toEqual(['acme', 'acme']);
  expect(await targetsAt('2026-12-09T12:00:00Z')).toEqual(['acme', 'globex', 'acme', 'globex']);
});

it('hands the next page on, with what it found of each rule', async () => {
  const { reconcile, parts, records } = start({
    pages: { first: { releases: [SHARED], next: 'second' }, second: { releases: [SHARED] } },
    state: 'stale',
  });
  await reconcile(begin);
  const found = { all: { acme: { ...NONE, stale: 1 } }, more: { acme: { ...NONE, stale: 1 } } };
  expect(parts).toEqual([{ ...begin, page: 'second', found }]);
  expect(records).toStrictEqual([]);
  await reconcile(parts[0]!);
  expect(records).toMatchObject([
    { target: 'acme', rule: 'all', stale: 2 },
    { target: 'acme', rule: 'more', stale: 2 },
  ]);
});

it('reports early what a message cannot carry', async () => {
  const targets = Array.from({ length: 10_000 }, (_, at) => [`t${at}`, { ...NONE, missing: 1 }]);
  const found = { all: Object.fromEntries(targets) as Record<string, Drift> };
  const { reconcile, parts, records } = start({
    pages: { first: { releases: [SHARED], next: 'second' } },
    state: 'missing',
  });
  await reconcile({ ...begin, found });
  expect(parts).toEqual([{ ...begin, page: 'second' }]);
  expect(records).toHaveLength(10_002);
});

it('hands on what is left of a page when its budget is spent', async () => {
  const all = tags(120);
  const { reconcile, parts, compared } = start({
    pages: { second: { releases: all } },
    isSpent: () => true,
  });
  await reconcile({ ...begin, page: 'second' });
  await reconcile(parts[0]!);
  await reconcile(parts[1]!);
  expect(parts).toMatchObject([
    { page: 'second', compared: { length: 49 } },
    { page: 'second', compared: { length: 99 } },
  ]);
  expect(compared).toEqual(all.map((one) => `all acme ${releaseName(one)}`));
});

it('hands on what is left of a release with many targets', async () => {
  const many = Array.from({ length: 120 }, (_, at) => `c${1000 + at}`);
  const listed = many.map((name) => `  ${name}: { repository: us-docker.pkg.dev/${name}/v }`);
  const { reconcile, parts, compared } = start({
    pages: { first: { releases: tags(1) } },
    isSpent: () => true,
    rules: parseRules(`targets:
${listed.join('\n')}
rules: [{ name: all, source: ${SOURCE}, targets: [${many.toReversed().join(', ')}] }]`),
  });
  await reconcile(begin);
  await reconcile(parts[0]!);
  await reconcile(parts[1]!);
  expect(parts).toHaveLength(2);
  expect(compared.map((one) => one.split(' ')[1])).toEqual(many);
});

it('goes through a page while there is budget', async () => {
  const { reconcile, parts, records } = start({ pages: { first: { releases: tags(500) } } });
  expect(await reconcile(begin)).toMatchObject({ fields: { releases: 500, isLast: true } });
  expect([parts, records]).toEqual([[], []]);
});

it('distinguishes an unreachable target from one that differs', async () => {
  const { reconcile, jobs, records } = start({
    pages: { first: { releases: tags(2) } },
    state: 'unreachable',
  });
  await reconcile(begin);
  expect(jobs).toStrictEqual([]);
  expect(records).toMatchObject([{ outcome: 'unreachable', unreachable: 2, reason: 'network' }]);
});

it('reports held releases apart from drift, with the number older than a day', async () => {
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

it('ends if no rule has the source any more', async () => {
  const { reconcile } = start({});
  expect(await reconcile({ ...begin, source: 'old' })).toMatchObject({
    outcome: 'ignored',
    line: 'no rule has the source old any more',
  });
});

it('says that a source cannot be listed, and fails when it may be later', async () => {
  const failure = new UnlistableSourceError('name the images');
  expect(await start({ failure }).reconcile(begin)).toMatchObject({
    outcome: 'unlistable',
    line: 'name the images',
  });
  await expect(start({ failure: new Error('busy') }).reconcile(begin)).rejects.toThrow('busy');
});
