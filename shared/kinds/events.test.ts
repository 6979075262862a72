import { InvalidMessageError, type PubSubMessage } from '../events/envelope';
import { createEvents, type EventKinds } from '../jobs/events';
import type { Kind } from '../rules/artifact';
import { EVENT_KINDS, events } from './events';

const { describe: describeEvent, isEvent, parse: parseEvent, whyIgnored } = events;

function message(data: unknown, attributes: Record<string, string> = {}): PubSubMessage {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return { id: '1', data: Buffer.from(text), attributes, publishTime: new Date(0) };
}

const repository = 'projects/vendor/locations/us-central1/repositories/pipelines';
const version = `sha256:${'a'.repeat(64)}`;
const entry = (payload: object = {}) =>
  message({
    timestamp: '2026-11-24T10:00:00.5Z',
    protoPayload: { methodName: 'Kfp-UploadPackage', resourceName: repository, ...payload },
  });
const notification = (change: Record<string, string> = {}) =>
  message('', {
    eventType: 'OBJECT_FINALIZE',
    bucketId: 'vendor-models',
    objectId: 'a/b c.bin',
    objectGeneration: '1712',
    ...change,
  });

/** What tells of each kind, and of what. */
const SAMPLES: Readonly<Record<Kind, readonly [event: PubSubMessage, about: string]>> = {
  image: [message({ action: 'INSERT', tag: 'gcr.io/v/api:1' }), 'gcr.io/v/api:1'],
  template: [entry(), 'us-central1-kfp.pkg.dev/vendor/pipelines'],
  object: [notification(), 'gs://vendor-models/a/b c.bin#1712'],
};

/** The kinds in the opposite order, but for the first, which takes what none recognizes. */
const [byDefault, ...others] = Object.entries(EVENT_KINDS);
const reversed = createEvents(
  Object.fromEntries([byDefault!, ...others.reverse()]) as unknown as EventKinds,
);

describe('an event', () => {
  it.each(Object.entries(SAMPLES))('tells of %ss', (kind, [event, about]) => {
    expect(isEvent(event)).toBe(true);
    expect(parseEvent(event).kind).toBe(kind);
    expect(describeEvent(parseEvent(event))).toBe(about);
  });

  it.each(Object.entries(SAMPLES))(
    'of %ss is recognized by this kind alone, whichever is asked first',
    (kind, [event]) => {
      expect(reversed.isEvent(event)).toBe(true);
      expect(reversed.parse(event).kind).toBe(kind);
    },
  );

  it('is no job', () => {
    expect(isEvent(message({ source: 'gcr.io/v/api:1', target: 'acme' }))).toBe(false);
  });

  it.each([
    [
      'resourceName',
      { request: undefined, resourceName: `${repository}/packages/train` },
      '/train',
    ],
    ['request.parent', { request: { parent: `${repository}/packages/train` } }, '/train'],
    ['request.name', { request: { name: `${repository}/packages/train/tags/v1` } }, '/train:v1'],
    [
      'response.name',
      { response: { name: `${repository}/packages/train/versions/${version}`, other: [1] } },
      `/train@${version}`,
    ],
    [
      'several',
      {
        request: { parent: `${repository}/packages/train` },
        response: { name: `${repository}/packages/train/tags/v2` },
      },
      '/train:v2',
    ],
    [
      'CreateTag',
      {
        resourceName: `${repository}/packages/train`,
        request: {
          parent: `${repository}/packages/train`,
          tagId: 'v1',
          tag: { version: `${repository}/packages/train/versions/${version}` },
        },
      },
      `/train:v1@${version}`,
    ],
    [
      'UpdateTag',
      {
        request: {
          tag: {
            name: `${repository}/packages/train/tags/v1`,
            version: `${repository}/packages/train/versions/${version}`,
          },
        },
      },
      `/train:v1@${version}`,
    ],
    [
      'the tag that was answered',
      {
        response: {
          name: `${repository}/packages/train/tags/v1`,
          version: `${repository}/packages/train/versions/${version}`,
        },
      },
      `/train:v1@${version}`,
    ],
    [
      'a version of another package',
      {
        request: {
          parent: `${repository}/packages/train`,
          tag: { version: `${repository}/packages/other/versions/${version}` },
        },
      },
      '/train',
    ],
    ['a tag without a package', { request: { tagId: 'v1' } }, ''],
    ['tags that are none', { request: { tagId: 7, tag: 'v1' } }, ''],
    ['a longer resourceName', { resourceName: `${repository}/files/train%2Fpipeline.yaml` }, ''],
    ['a query in resourceName', { resourceName: `${repository}?alt=json` }, ''],
    ['a method in resourceName', { resourceName: `${repository}:upload` }, ''],
    [
      'a longer request.parent',
      { request: { parent: `${repository}/packages/train/versions/${version}/files/a` } },
      `/train@${version}`,
    ],
    ['what is no name', { request: { name: 7 }, response: { name: 'x' } }, ''],
    ['another repository', { request: { parent: `${repository}x/packages/train` } }, ''],
    [
      'names that no reference takes',
      { request: { parent: `${repository}/packages/Tr%41in` } },
      '',
    ],
  ])('of a template is read as far as %s tells', (_where, payload, about) => {
    expect(describeEvent(parseEvent(entry(payload)))).toBe(
      `us-central1-kfp.pkg.dev/vendor/pipelines${about}`,
    );
  });

  it.each([
    [
      'its resource',
      { resource: { labels: { project_id: 'vendor' } }, logName: 'projects/x/logs/y' },
    ],
    [
      'the name of its log',
      { logName: 'projects/vendor/logs/cloudaudit.googleapis.com%2Factivity' },
    ],
  ])('of a template knows the project behind its number by %s', (_by, more) => {
    const numbered = repository.replace('vendor', '123456789012');
    const protoPayload = {
      methodName: 'Kfp-UploadPackage',
      resourceName: repository,
      response: { name: `${numbered}/packages/train/tags/v1` },
    };
    for (const resourceName of [repository, numbered]) {
      const event = message({ ...more, protoPayload: { ...protoPayload, resourceName } });
      expect(describeEvent(parseEvent(event))).toBe(
        'us-central1-kfp.pkg.dev/vendor/pipelines/train:v1',
      );
    }
  });

  it('of a template knows its time and a domain-scoped project', () => {
    const resourceName = 'projects/example.com:vendor/locations/eu/repositories/r';
    expect(parseEvent(entry({ resourceName }))).toEqual({
      kind: 'template',
      push: {
        method: 'Kfp-UploadPackage',
        succeeded: true,
        location: 'eu',
        project: 'example.com/vendor',
        repository: 'r',
        time: new Date('2026-11-24T10:00:00.5Z'),
      },
    });
  });

  it.each([
    [
      'a log entry without a repository',
      entry({ resourceName: 'projects/vendor' }),
      'names no repo',
    ],
    ['a log entry of another shape', message({ protoPayload: 'x' }), '"protoPayload"'],
    [
      'a log entry with a bad name',
      entry({ resourceName: repository.replace('vendor', 'VENDOR') }),
      'valid',
    ],
    ['a notification without an object', notification({ objectId: '' }), '"objectId"'],
    ['a notification with a bad bucket', notification({ bucketId: 'A' }), '"bucketId"'],
    [
      'a notification with a bad generation',
      notification({ objectGeneration: '-1' }),
      '"objectGeneration"',
    ],
    ['a notification of nothing', notification({ eventType: '' }), '"eventType"'],
    [
      'an object in another shape',
      message({ kind: 'storage#object' }),
      'Not a registry notification',
    ],
  ])('is not %s', (_what, event, problem) => {
    expect(() => parseEvent(event)).toThrow(InvalidMessageError);
    expect(() => parseEvent(event)).toThrow(problem);
  });
});

it('a part of an upload needs no copy', () => {
  const objectId = 'gsutil/tmp/parallel_composite_uploads/for_details_see/gsutil_help_cp/1';
  expect(whyIgnored(parseEvent(notification({ objectId })))).toMatch(
    /is a part of an upload that is under way$/,
  );
});
