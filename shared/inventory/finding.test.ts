import { sourceTag } from '../../test/support/inventory';
import { parseRules } from '../kinds/rules';
import { isDrift, jobsOf, totalsOf, type Finding } from './finding';
import { selectWanted } from './wanted';

const rules = parseRules(`targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: us-docker.pkg.dev/globex/vendor }
rules: [{ name: all, source: gcr.io/vendor, targets: [acme, globex] }]
`);
const source = sourceTag('gcr.io/vendor/api:1');
const [acme, globex] = selectWanted(rules, [source]);
const trouble = { reason: 'target-denied', error: 'no', remedy: 'Grant it.' } as const;

const findings: Finding[] = [
  { ...acme!, state: 'current' },
  { ...acme!, state: 'missing' },
  { ...acme!, state: 'stale' },
  { ...acme!, state: 'attachments missing' },
  { ...acme!, state: 'unreachable', trouble },
  { ...acme!, state: 'stale', trouble: { ...trouble, reason: 'tag-conflict' } },
  { ...globex!, state: 'missing', pause: {} },
  { ...acme!, state: 'held', trouble: { ...trouble, reason: 'images-missing' } },
];

it('makes repairing jobs for what a job can fix, with tag and digest', () => {
  const job = { source, target: 'acme', rule: 'all', repair: true };
  expect(jobsOf(findings)).toEqual([job, job, job]);
});

it('takes neither a paused target’s backlog nor what is held for drift', () => {
  expect(findings.map(isDrift)).toEqual([false, true, true, true, true, true, false, false]);
});

it('counts states', () => {
  expect(totalsOf(findings)).toEqual({
    current: 1,
    missing: 2,
    stale: 2,
    'attachments missing': 1,
    held: 1,
    waiting: 0,
    unreachable: 1,
  });
});
