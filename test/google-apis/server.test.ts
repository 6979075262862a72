import type { Document } from './discovery';
import { serveGoogleApis, type GoogleApis } from './server';
import { agentOf, mustHave, setPolicy } from './policies';
import { createWorld, type World } from './world';

// As much of a discovery document as these tests need.
const name = {
  location: 'path',
  pattern: '^projects/[^/]+/topics/[^/]+$',
  required: true,
} as const;
const method = (verb: string, httpMethod: string, path: string, request?: string) => ({
  id: `pubsub.projects.topics.${verb}`,
  path,
  httpMethod,
  parameters: { name, resource: name, updateMask: { location: 'query' } as const },
  ...(request !== undefined && { request: { $ref: request } }),
  response: { $ref: verb.includes('Iam') ? 'Policy' : 'Topic' },
});
const document: Document = {
  rootUrl: 'https://pubsub.googleapis.com/',
  servicePath: '',
  parameters: { alt: { location: 'query', enum: ['json'] } },
  resources: {
    topics: {
      methods: {
        create: method('create', 'PUT', 'v1/{+name}', 'Topic'),
        get: method('get', 'GET', 'v1/{+name}'),
        patch: method('patch', 'PATCH', 'v1/{+name}', 'Topic'),
        delete: method('delete', 'DELETE', 'v1/{+name}'),
        getIamPolicy: method('getIamPolicy', 'GET', 'v1/{+resource}:getIamPolicy'),
        setIamPolicy: method('setIamPolicy', 'POST', 'v1/{+resource}:setIamPolicy', 'SetPolicy'),
      },
    },
  },
  schemas: {
    Topic: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        state: { type: 'string', readOnly: true },
        kind: { type: 'string', enum: ['SMALL', 'LARGE'] },
        count: { type: 'integer' },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        settings: { $ref: 'Settings' },
      },
    },
    Settings: {
      type: 'object',
      properties: {
        region: { type: 'string', description: 'Required. Where.' },
        isOn: { type: 'boolean' },
      },
    },
    SetPolicy: { type: 'object', properties: { policy: { $ref: 'Policy' } } },
    Policy: {
      type: 'object',
      properties: {
        version: { type: 'integer' },
        etag: { type: 'string' },
        bindings: { type: 'array', items: { type: 'any' } },
      },
    },
  },
};

describe('the stand-in for Google', () => {
  let world: World;
  let apis: GoogleApis;
  beforeEach(async () => {
    world = createWorld();
    apis = await serveGoogleApis([document], world);
  });
  afterEach(() => apis.close());

  async function ask(line: string, body?: unknown, project = 'p') {
    const [verb, path] = line.split(' ') as [string, string];
    const url = `${apis.url}/pubsub.googleapis.com/v1/projects/${project}/topics/${path}`;
    const response = await fetch(url, {
      method: verb,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: (await response.json()) as unknown };
  }

  it('leaves zeros and empty lists and maps out of its answers, and keeps messages that are there', async () => {
    await ask('PUT t', { count: 0, labels: {}, settings: { region: 'r', isOn: false } });

    expect((await ask('GET t')).answer).toEqual({
      name: 'projects/p/topics/t',
      settings: { region: 'r' },
    });
  });

  it.each([
    ['a name that its schema lacks', { colour: 'red' }, 'Unknown name "colour"'],
    ['a member that an enum lacks', { kind: 'HUGE' }, "Invalid value at 'kind'"],
    ['another type', { labels: { a: 1 } }, "Invalid value at 'labels.a'"],
    ['a new resource without what is required', { settings: {} }, 'settings.region'],
  ])('refuses %s', async (_what, body, message) => {
    const { status, answer } = await ask('PUT t', body);

    expect(status).toBe(400);
    expect(JSON.stringify(answer)).toContain(JSON.stringify(message).slice(1, -1));
    expect(world.resources.size).toBe(0);
  });

  it('refuses a parameter, and a mask, that name nothing', async () => {
    await ask('PUT t', {});

    expect((await ask('GET t?colour=red')).status).toBe(400);
    expect((await ask('PATCH t?updateMask=colour', {})).status).toBe(400);
    expect((await ask('GET t?alt=json')).status).toBe(200);
  });

  it('takes only what the mask names, and rejects fields that only Google writes', async () => {
    await ask('PUT t', { count: 1, kind: 'SMALL' });
    await ask('PATCH t?updateMask=count', { count: 2, kind: 'LARGE', state: 'BROKEN' });

    expect((await ask('GET t')).answer).toMatchObject({ count: 2, kind: 'SMALL' });
    expect(world.resources.get('//pubsub.googleapis.com/projects/p/topics/t')).not.toHaveProperty(
      'state',
    );
  });

  it('lets a policy be written only by who has read the one before', async () => {
    await ask('PUT t', {});
    const { answer } = await ask('GET t:getIamPolicy');
    const policy = {
      ...(answer as object),
      bindings: [{ role: 'roles/r', members: ['user:a@b'] }],
    };

    expect((await ask('POST t:setIamPolicy', { policy })).status).toBe(200);
    expect((await ask('POST t:setIamPolicy', { policy })).status).toBe(409);
  });

  it('refuses a policy of more principals than Google takes', async () => {
    await ask('PUT t', {});
    const members = Array.from({ length: 1501 }, (_, index) => `user:u${index}@b`);

    const bindings = [{ role: 'roles/r', members }];
    expect((await ask('POST t:setIamPolicy', { policy: { bindings } })).status).toBe(400);
  });

  it('lets a grant take effect some time after it is made, and keeps those of before', () => {
    let time = 0;
    world = createWorld({ propagation: 60_000, now: () => time });
    const topic = '//pubsub.googleapis.com/projects/p/topics/t';
    const grant = (...emails: string[]) => {
      const members = emails.map((email) => `serviceAccount:${email}`);
      setPolicy(world, topic, { bindings: [{ role: 'roles/r', members }] });
    };
    const check = (email: string) => () => mustHave(world, email, 'roles/r', [topic]);

    expect(check('a@b')).toThrow('a@b lacks roles/r');
    grant('a@b');
    expect(check('a@b')).toThrow('is too new');
    time = 60_000;
    expect(check('a@b')).not.toThrow();
    grant('a@b', 'c@d');
    expect(check('a@b')).not.toThrow();
    expect(check('c@d')).toThrow('is too new');
  });

  it('creates the agents of a service when a project first uses it', async () => {
    world.enabled.set('p', new Set(['pubsub.googleapis.com']));
    const members = [`serviceAccount:${agentOf('p', 'gcp-sa-pubsub')}`];
    const policy = { bindings: [{ role: 'roles/r', members }] };
    const topic = '//pubsub.googleapis.com/projects/p/topics/t';

    expect(() => setPolicy(world, topic, policy)).toThrow('does not exist');
    await ask('PUT t', {});
    expect((await ask('POST t:setIamPolicy', { policy })).status).toBe(200);
  });

  it('serves a new project only what is enabled in it, and knows its accounts', async () => {
    world.enabled.set('p', new Set());
    expect((await ask('PUT t', {})).status).toBe(403);
    expect(world.changes).toStrictEqual([]);

    world.enabled.get('p')!.add('pubsub.googleapis.com');
    expect((await ask('PUT t', {})).status).toBe(200);
    const members = ['serviceAccount:nobody@p.iam.gserviceaccount.com'];
    const bindings = [{ role: 'roles/r', members }];
    expect((await ask('POST t:setIamPolicy', { policy: { bindings } })).status).toBe(400);
  });

  it('takes no quota from a new project for what is not enabled in it', async () => {
    world.enabled.set('p', new Set());
    const headers = { 'x-goog-user-project': 'p' };
    const url = `${apis.url}/pubsub.googleapis.com/v1/projects/other/topics/t`;
    const put = async () => (await fetch(url, { method: 'PUT', body: '{}', headers })).status;
    expect(await put()).toBe(403);

    world.enabled.get('p')!.add('pubsub.googleapis.com');
    expect(await put()).toBe(200);
  });

  it('knows a domain-scoped project however it is spelled, and its accounts', async () => {
    world.enabled.set('example.com:p', new Set(['pubsub.googleapis.com']));
    expect((await ask('PUT t', {}, 'example.com%3Ap')).status).toBe(200);
    expect((await ask('GET t', undefined, 'example.com:p')).status).toBe(200);

    const members = ['serviceAccount:nobody@p.example.com.iam.gserviceaccount.com'];
    const policy = { bindings: [{ role: 'roles/r', members }] };
    const { status } = await ask('POST t:setIamPolicy', { policy }, 'example.com:p');
    expect(status).toBe(400);
    world.enabled.clear();
    const again = await ask('POST t:setIamPolicy', { policy }, 'example.com:p');
    expect(again.status).toBe(200);
  });

  it('reports what is missing, what exists, and what changed', async () => {
    expect((await ask('GET t')).status).toBe(404);
    await ask('PUT t', {});
    expect((await ask('PUT t', {})).status).toBe(409);
    await ask('DELETE t');

    expect(world.changes.map(({ method: id }) => id.split('.').at(-1))).toEqual([
      'create',
      'delete',
    ]);
  });
});
