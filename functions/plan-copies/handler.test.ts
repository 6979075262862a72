import type { WorkResult } from '../../shared/delivery/delivery';
import { decodeObject, type PubSubMessage } from '../../shared/events/envelope';
import type { ArtifactEvent } from '../../shared/jobs/events';
import { planPush, parseRegistryPush } from '../../shared/kinds/image/event';
import type { SourceLookups } from '../../shared/kinds/image/late-referrer';
import { planUpload } from '../../shared/kinds/template/event';
import { parseTemplateUpload } from '../../shared/kinds/template/template-upload';
import { system } from '../../shared/system/system';
import { events } from '../../shared/kinds/messages';
import type { CopyJob } from '../../shared/jobs/copy-job';
import { createCoalescer } from '../../shared/async/sharing';
import { formatReference, parseReference } from '../../shared/oci/reference';
import { formatArtifact } from '../../shared/kinds/references';
import { parseRules } from '../../shared/kinds/rules';
import { createPlanCopies, type PlanCopiesDeps } from './handler';

const digest = `sha256:${'c'.repeat(64)}`;
const attachmentTag = `sha256-${'d'.repeat(64)}.vex`;
const repository = 'us-docker.pkg.dev/vendor/releases';
const rules = parseRules(`
targets:
  acme:
    repository: us-docker.pkg.dev/acme/vendor
    templates: us-kfp.pkg.dev/acme/pipelines
    bucket: gs://acme-models
  globex: { repository: europe-docker.pkg.dev/globex/vendor, bucket: gs://globex/vendor }
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
  - name: pipelines
    source: us-kfp.pkg.dev/vendor/pipelines
    templates: [train, 'eval-*']
    tags: { include: ['v*'] }
    targets: [acme]
  - name: models
    source: gs://vendor-models/released
    objects: ['**/*.bin']
    targets: [acme, globex]
`);

interface Answers extends Partial<Pick<PlanCopiesDeps, 'coalescer'>> {
  readonly readReferrer?: SourceLookups['readReferrer'];
  readonly listUploaded?: Parameters<typeof planUpload>[2];
}

const unasked = () => Promise.reject(new Error('not to be asked'));
const UNASKED = {
  openRegistries: unasked,
  artifactRegistry: { tagsOf: unasked },
  emulatedHosts: [],
  prove: unasked,
};

/** The event in a message, of a source that gives these answers. */
function answering({ readReferrer, listUploaded }: Answers, message: PubSubMessage): ArtifactEvent {
  const event = events.parse(message);
  if (readReferrer !== undefined) {
    const lookups = { readReferrer, readStatements: unasked, findTags: unasked };
    const lookUp = () => Promise.resolve(lookups);
    const push = parseRegistryPush(decodeObject(message));
    return { ...event, plan: (all, { isNew }) => planPush(all, push, { isNew, lookUp }) };
  }
  if (listUploaded !== undefined) {
    const upload = parseTemplateUpload(decodeObject(message));
    return { ...event, plan: (all) => planUpload(all, upload, listUploaded) };
  }
  return event;
}

async function planMessage(
  message: Partial<PubSubMessage>,
  { coalescer, ...answers }: Answers = {},
) {
  const published: CopyJob[] = [];
  const planCopies = createPlanCopies({
    rules,
    publishJobs: (jobs) => {
      published.push(...jobs);
      return Promise.resolve();
    },
    coalescer: createCoalescer({ now: () => 0 }),
    clock: { ...system.clock, now: () => 0 },
    graceSeconds: 600,
    ...UNASKED,
    ...(coalescer && { coalescer }),
  });
  const envelope = { id: '1', data: Buffer.from(''), attributes: {}, publishTime: new Date() };
  const reported = { ...envelope, ...message };
  const done: WorkResult = await planCopies(answering(answers, reported), envelope);
  return { done, jobs: published.map((job) => ({ ...job, source: formatArtifact(job.source) })) };
}

async function plan(event: object, subject = false) {
  const asked: string[] = [];
  const data = Buffer.from(JSON.stringify(event));
  const planned = await planMessage(
    { data },
    {
      readReferrer: (image) => {
        asked.push(formatReference(image));
        return Promise.resolve(subject ? { subject: image.digest } : undefined);
      },
    },
  );
  return { ...planned, asked };
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

  it('plans with the tag alone when the event names no digest', async () => {
    const { jobs } = await plan({ action: 'INSERT', tag: `${repository}/api:latest` });
    expect(jobs.map(({ source }) => source)).toEqual(Array(2).fill(`${repository}/api:latest`));
  });

  it.each([
    ['a tag that no rule wants', insert('api', 'nightly'), 'matches no rule: nothing to copy'],
    ['a release candidate', insert('api', 'v2-rc1'), 'matches no rule: nothing to copy'],
    ['another image', insert('web', 'v1'), 'matches no rule: nothing to copy'],
    ['a deleted tag', { action: 'DELETE', tag: `${repository}/api:v1` }, 'was deleted'],
    ['an unknown event', { action: 'MOVE', tag: `${repository}/api:v1` }, 'event "MOVE"'],
    ['a child of an index', insert('api'), 'is no attachment: nothing to copy'],
    ['a digest of an image without attachments', insert('bare'), 'no rule with attachments'],
    ['an attachment tag that no rule wants', insert('web', attachmentTag), 'no rule'],
  ])('publishes nothing for %s, and says why', async (_name, event, why) => {
    const { done, jobs } = await plan(event);
    expect(jobs).toStrictEqual([]);
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
    expect(asked).toStrictEqual([]);
    expect(jobs.map(({ source }) => source)).toEqual(
      Array(2).fill(`${repository}/api:${attachmentTag}@${digest}`),
    );
  });

  it('does not ask the source about images that no rule with attachments wants', async () => {
    expect((await plan(insert('bare'), true)).asked).toStrictEqual([]);
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
      coalescer: createCoalescer({ now: () => 0 }),
      clock: { ...system.clock, now: () => 0 },
      graceSeconds: 600,
      ...UNASKED,
    });
    const data = Buffer.from('{ "action": "INSERT", "tag": "s.example/v/api:1" }');
    const message = { id: '1', data, attributes: {}, publishTime: new Date(0) };
    expect((await planCopies(events.parse(message), message)).line).toMatch(
      /for t0, .*t9 and 2 more$/,
    );
  });
});

describe('planCopies, of a template', () => {
  const repositoryName = 'projects/vendor/locations/us/repositories/pipelines';
  const upload = (payload: object = {}, more: object = {}): Partial<PubSubMessage> => ({
    data: Buffer.from(
      JSON.stringify({
        ...more,
        protoPayload: {
          methodName: 'Kfp-UploadPackage',
          resourceName: repositoryName,
          ...payload,
        },
      }),
    ),
  });
  const held = ['train:v1', 'train:nightly', 'eval-a:v2', 'other:v1'].map((name) => {
    const { tag = '', ...rest } = parseReference(
      `us-kfp.pkg.dev/vendor/pipelines/${name}@${digest}`,
    );
    return { kind: 'template' as const, ...rest, tag };
  });

  it('asks the repository for tags that the log entry lacks', async () => {
    const asked: unknown[] = [];
    const { jobs, done } = await planMessage(upload(), {
      listUploaded: (source) => {
        asked.push(formatReference(source));
        return Promise.resolve(held);
      },
    });
    expect(asked).toEqual(['us-kfp.pkg.dev/vendor/pipelines']);
    expect(jobs.map(({ source, target, rule }) => [source, target, rule])).toEqual([
      [`us-kfp.pkg.dev/vendor/pipelines/train:v1@${digest}`, 'acme', 'pipelines'],
      [`us-kfp.pkg.dev/vendor/pipelines/eval-a:v2@${digest}`, 'acme', 'pipelines'],
    ]);
    expect(done.line).toBe('us-kfp.pkg.dev/vendor/pipelines: 2 copy jobs published, for acme');
  });

  it.each(['UploadKfpArtifact', 'CreateTag', 'UpdateTag'])(
    'knows %s of the API for an upload',
    async (method) => {
      const methodName = `google.devtools.artifactregistry.v1.ArtifactRegistry.${method}`;
      const answers = { listUploaded: () => Promise.resolve(held) };
      expect((await planMessage(upload({ methodName }), answers)).jobs).toHaveLength(2);
    },
  );

  it('lists once for many uploads that name only their repository', async () => {
    const coalescer = createCoalescer({ now: () => Date.parse('2026-11-24T10:01:00Z') });
    const listUploaded = jest.fn(() => Promise.resolve(held));
    const planned = Array.from({ length: 30 }, (_, at) => {
      const time = `2026-11-24T10:00:${10 + at}Z`;
      const entry = upload({}, { timestamp: time, receiveTimestamp: time });
      return planMessage(entry, { listUploaded, coalescer });
    });
    const all = await Promise.all(planned);
    expect(listUploaded).toHaveBeenCalledTimes(1);
    expect(all.flatMap(({ jobs }) => jobs)).toHaveLength(2);
    expect(all.at(-1)?.done).toMatchObject({ outcome: 'ignored' });
    expect(all.at(-1)?.done.line).toContain('has been looked at since');
  });

  it('lists for each log entry without a time', async () => {
    const coalescer = createCoalescer({ now: () => Date.parse('2026-11-24T10:01:00Z') });
    const listUploaded = jest.fn(() => Promise.resolve(held));
    await planMessage(upload(), { listUploaded, coalescer });
    await planMessage(upload(), { listUploaded, coalescer });
    expect(listUploaded).toHaveBeenCalledTimes(2);
  });

  it('asks nothing when the log names package and tag', async () => {
    const { jobs } = await planMessage(
      upload({ request: { name: `${repositoryName}/packages/train/tags/v1` } }),
    );
    expect(jobs.map(({ source }) => source)).toEqual(['us-kfp.pkg.dev/vendor/pipelines/train:v1']);
  });

  it.each([
    ['an upload that was refused', { status: { code: 7 } }, 'the upload was refused'],
    ['another method', { methodName: 'Kfp-GetTags' }, 'event "Kfp-GetTags" needs no copy'],
    [
      'a repository that no rule names',
      { resourceName: 'projects/vendor/locations/eu/repositories/pipelines' },
      'matches no rule: nothing to copy',
    ],
  ])('ignores %s', async (_what, payload, why) => {
    const { done, jobs } = await planMessage(upload(payload));
    expect(jobs).toStrictEqual([]);
    expect(done).toMatchObject({
      outcome: 'ignored',
      line: expect.stringContaining(why) as string,
    });
  });
});

describe('planCopies, of an object', () => {
  const reported = (change: object = {}): Partial<PubSubMessage> => ({
    attributes: {
      eventType: 'OBJECT_FINALIZE',
      bucketId: 'vendor-models',
      objectId: 'released/a/x.bin',
      objectGeneration: '1712',
      ...change,
    },
  });

  it('publishes one job for each target, with the generation, whatever the payload is', async () => {
    const { jobs } = await planMessage(reported());
    const source = 'gs://vendor-models/released/a/x.bin#1712';
    expect(jobs).toEqual([
      { source, target: 'acme', rule: 'models', repair: false },
      { source, target: 'globex', rule: 'models', repair: false },
    ]);
    const payload = Buffer.from('{"kind":"storage#object"}');
    expect((await planMessage({ ...reported(), data: payload })).jobs).toEqual(jobs);
  });

  it("publishes a comparison if an object's metadata changes at the same generation", async () => {
    const { jobs } = await planMessage(reported({ eventType: 'OBJECT_METADATA_UPDATE' }));
    expect(jobs.map(({ target, repair }) => [target, repair])).toEqual([
      ['acme', true],
      ['globex', true],
    ]);
  });

  it.each([
    ['another name', { objectId: 'released/a/x.txt' }, 'matches no rule: nothing to copy'],
    ['another folder', { objectId: 'drafts/x.bin' }, 'matches no rule: nothing to copy'],
    ['another bucket', { bucketId: 'vendor-data' }, 'matches no rule: nothing to copy'],
    ['a deletion', { eventType: 'OBJECT_DELETE' }, 'was deleted at the source'],
    ['an archived version', { eventType: 'OBJECT_ARCHIVE' }, 'event "OBJECT_ARCHIVE"'],
  ])('ignores %s', async (_what, change, why) => {
    const { done, jobs } = await planMessage(reported(change));
    expect(jobs).toStrictEqual([]);
    expect(done).toMatchObject({
      outcome: 'ignored',
      line: expect.stringContaining(why) as string,
    });
  });
});

it('says which rules wait for an earlier stage, and publishes the jobs of the others', async () => {
  const about = `${repository}/api:v1`;
  const planned = (jobs: readonly CopyJob[]): ArtifactEvent => ({
    kind: 'image',
    about,
    whyIgnored: undefined,
    plan: () => Promise.resolve({ jobs, waiting: ['early', 'everyone'] }),
  });
  const published: CopyJob[] = [];
  const planCopies = createPlanCopies({
    ...UNASKED,
    rules,
    clock: system.clock,
    graceSeconds: 600,
    coalescer: createCoalescer(system.clock),
    publishJobs: (jobs) => Promise.resolve(void published.push(...jobs)),
  });
  const message = { attributes: {}, publishTime: new Date() };
  const job = { source: parseReference(about), target: 'acme', repair: false };
  expect(
    await planCopies(planned([{ ...job, source: { kind: 'image', ...job.source } }]), message),
  ).toMatchObject({
    outcome: 'planned',
    line: `${about}: 1 copy job published, for acme; early, everyone wait for an earlier stage`,
    fields: { jobs: 1, waiting: ['early', 'everyone'] },
  });
  expect(await planCopies(planned([]), message)).toMatchObject({
    outcome: 'waiting',
    line: `${about}: early, everyone wait for an earlier stage`,
    fields: { waiting: ['early', 'everyone'] },
  });
  expect(published).toHaveLength(1);
});
