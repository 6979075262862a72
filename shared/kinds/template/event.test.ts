import { decodeObject, InvalidMessageError } from '../../events/envelope';
import { events } from '../messages';
import { parseTemplateUpload } from './template-upload';

const { parse: parseEvent } = events;

const repository = 'projects/vendor/locations/us-central1/repositories/pipelines';
const version = `sha256:${'a'.repeat(64)}`;
const message = (entry: object) => ({
  id: '1',
  data: Buffer.from(JSON.stringify(entry)),
  attributes: {},
  publishTime: new Date(0),
});
const entry = (payload: object = {}) =>
  message({
    timestamp: '2026-11-24T10:00:00.5Z',
    protoPayload: { methodName: 'Kfp-UploadPackage', resourceName: repository, ...payload },
  });

describe('an entry of an audit log', () => {
  it.each<[string, object, string]>([
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
    ...[' ', ';x', '@x', '.', '%20', '_', '\n'].map((rest): [string, object, string] => [
      `${JSON.stringify(rest)} after it`,
      { resourceName: `${repository}${rest}` },
      '',
    ]),
    ['a repository of gcr.io', { resourceName: `${repository}.io` }, '.io'],
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
  ])('is read as far as %s names it', (_where, payload, about) => {
    expect(parseEvent(entry(payload)).about).toBe(
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
  ])('knows the project behind its number by %s', (_by, more) => {
    const numbered = repository.replace('vendor', '123456789012');
    const protoPayload = {
      methodName: 'Kfp-UploadPackage',
      resourceName: repository,
      response: { name: `${numbered}/packages/train/tags/v1` },
    };
    for (const resourceName of [repository, numbered]) {
      const event = message({ ...more, protoPayload: { ...protoPayload, resourceName } });
      expect(parseEvent(event).about).toBe('us-central1-kfp.pkg.dev/vendor/pipelines/train:v1');
    }
  });

  it('knows its time and a domain-scoped project', () => {
    const resourceName = 'projects/example.com:vendor/locations/eu/repositories/r';
    expect(parseTemplateUpload(decodeObject(entry({ resourceName })))).toEqual({
      method: 'Kfp-UploadPackage',
      succeeded: true,
      location: 'eu',
      project: 'example.com/vendor',
      repository: 'r',
      time: new Date('2026-11-24T10:00:00.5Z'),
    });
  });

  it.each([
    ['without a repository', entry({ resourceName: 'projects/vendor' }), 'names no repo'],
    ['of another shape', message({ protoPayload: 'x' }), '"protoPayload"'],
    ['with a bad name', entry({ resourceName: repository.replace('vendor', 'VENDOR') }), 'valid'],
  ])('%s is none', (_what, event, problem) => {
    expect(() => parseEvent(event)).toThrow(InvalidMessageError);
    expect(() => parseEvent(event)).toThrow(problem);
  });
});
