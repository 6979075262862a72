import type { Done } from '../../shared/delivery/delivery';
import { parseRegistryPush } from '../../shared/events/registry-push';
import type { CopyJob } from '../../shared/jobs/copy-job';
import { formatReference } from '../../shared/oci/reference';
import { parseRules } from '../../shared/rules/parse';
import { createPlanCopies } from './handler';

const digest = `sha256:${'c'.repeat(64)}`;
const attachmentTag = `sha256-${'d'.repeat(64)}.sig`;
const repository = 'us-docker.pkg.dev/vendor/releases';
const rules = parseRules(`
targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: europe-docker.pkg.dev/globex/vendor }
rules:
  - name: api
    source: ${repository}
    images: [api]
    tags: { include: ['v*', latest], exclude: ['*-rc*'] }
    targets: [acme, globex]
  - name: bare
    source: ${repository}
    images: [bare]
    attachments: false
    targets: [acme]
`);

async function plan(notice: object, subject = false) {
  const published: CopyJob[] = [];
  const asked: string[] = [];
  const planCopies = createPlanCopies({
    rules,
    publishJobs: (jobs) => {
      published.push(...jobs);
      return Promise.resolve();
    },
    hasSubject: (image) => {
      asked.push(formatReference(image));
      return Promise.resolve(subject);
    },
  });
  const data = Buffer.from(JSON.stringify(notice));
  const message = { id: '1', data, attributes: {}, publishTime: new Date() };
  const done: Done = await planCopies(parseRegistryPush(message));
  const jobs = published.map((job) => ({ ...job, source: formatReference(job.source) }));
  return { done, jobs, asked };
}

const insert = (image: string, tag?: string) => ({
  action: 'INSERT',
  digest: `${repository}/${image}@${digest}`,
  ...(tag !== undefined && { tag: `${repository}/${image}:${tag}` }),
});

describe('planCopies', () => {
  it('publishes one job for each target of a release, with tag and digest', async () => {
    const { done, jobs } = await plan(insert('api', 'v1'));
    const source = `${repository}/api:v1@${digest}`;
    expect(jobs).toEqual([
      { source, target: 'acme', rule: 'api', repair: false },
      { source, target: 'globex', rule: 'api', repair: false },
    ]);
    expect(done).toMatchObject({
      outcome: 'planned',
      line: `${repository}/api:v1: 2 copy jobs published, for acme, globex`,
    });
  });

  it('plans with the tag alone when the notice names no digest', async () => {
    const { jobs } = await plan({ action: 'INSERT', tag: `${repository}/api:latest` });
    expect(jobs.map(({ source }) => source)).toEqual(Array(2).fill(`${repository}/api:latest`));
  });

  it.each([
    ['a tag that no rule wants', insert('api', 'nightly'), 'matches no rule: nothing to copy'],
    ['a release candidate', insert('api', 'v2-rc1'), 'matches no rule: nothing to copy'],
    ['another image', insert('web', 'v1'), 'matches no rule: nothing to copy'],
    ['a deleted tag', { action: 'DELETE', tag: `${repository}/api:v1` }, 'was deleted'],
    ['an unknown notice', { action: 'MOVE', tag: `${repository}/api:v1` }, 'a notice of "MOVE"'],
    ['a child of an index', insert('api'), 'is no attachment: nothing to copy'],
    ['a digest of an image without attachments', insert('bare'), 'no rule with attachments'],
    ['an attachment tag that no rule wants', insert('web', attachmentTag), 'no rule'],
  ])('publishes nothing for %s, and says why', async (_name, notice, why) => {
    const { done, jobs } = await plan(notice);
    expect(jobs).toEqual([]);
    expect(done.outcome).toBe('ignored');
    expect(done.line).toContain(why);
  });

  it('sends an attachment that is pushed late to every target of its image', async () => {
    const { jobs, asked } = await plan(insert('api'), true);
    expect(asked).toEqual([`${repository}/api@${digest}`]);
    expect(jobs.map(({ source, target }) => ({ source, target }))).toEqual([
      { source: `${repository}/api@${digest}`, target: 'acme' },
      { source: `${repository}/api@${digest}`, target: 'globex' },
    ]);
  });

  it('knows an attachment tag without reading it', async () => {
    const { jobs, asked } = await plan(insert('api', attachmentTag));
    expect(asked).toEqual([]);
    expect(jobs.map(({ source }) => source)).toEqual(
      Array(2).fill(`${repository}/api:${attachmentTag}@${digest}`),
    );
  });

  it('does not ask the source about images that no rule with attachments wants', async () => {
    expect((await plan(insert('bare'), true)).asked).toEqual([]);
  });

  it('keeps its line short for many targets', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `t${i}`);
    const many = parseRules(
      `targets:\n${names.map((name) => `  ${name}: { repository: h.example/${name} }`).join('\n')}\n` +
        `rules:\n  - { name: all, source: s.example/v, targets: [${names.join(', ')}] }\n`,
    );
    const planCopies = createPlanCopies({
      rules: many,
      publishJobs: () => Promise.resolve(),
      hasSubject: () => Promise.resolve(false),
    });
    const push = { action: 'INSERT', registry: 's.example', repository: 'v/api', tag: '1' };
    expect((await planCopies(push)).line).toMatch(/for t0, .*t9 and 2 more$/);
  });
});
