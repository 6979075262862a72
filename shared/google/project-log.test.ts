import {
  createScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../../test/support/scripted-server';
import { createRegistryClient, type RegistryClient } from '../oci/client';
import { openProjectLog } from './project-log';
import { system } from '../system/system';

const TOPIC = 'pubsub.googleapis.com/projects/vendor/topics/template-uploads';
let client: RegistryClient;
let server: ScriptedServer;
let answer: ScriptedAnswer;
let asked: string[];
beforeAll(async () => {
  client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
  server = await createScriptedServer(({ method, path }) => {
    asked.push(`${method} ${path}`);
    return answer;
  });
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await client.close();
  await server.close();
});

/** Over connections that lead to the test's server, whatever Google's host is asked for. */
const open = () =>
  openProjectLog(
    {
      connect(name, options) {
        asked.push(`${name.registry} for ${name.repository}`);
        return client.connect({ ...name, registry: server.address }, options);
      },
    },
    'example.com:vendor',
  );

it('reads a sink, or that there is none', async () => {
  answer = { body: { name: 'uploads', destination: TOPIC, filter: 'x' } };
  expect(await open().readSink('uploads')).toEqual({ destination: TOPIC, disabled: false });
  expect(asked).toEqual([
    'logging.googleapis.com for example.com:vendor',
    'GET /v2/projects/example.com:vendor/sinks/uploads',
  ]);
  answer = { body: { destination: TOPIC, disabled: true } };
  expect(await open().readSink('uploads')).toMatchObject({ disabled: true });
  answer = { status: 404, body: { error: { status: 'NOT_FOUND', message: 'none' } } };
  expect(await open().readSink('uploads')).toBeUndefined();
});

it.each([
  [
    'the service is',
    [{ service: 'artifactregistry.googleapis.com', auditLogConfigs: [{ logType: 'DATA_WRITE' }] }],
    true,
  ],
  ['all are', [{ service: 'allServices', auditLogConfigs: [{ logType: 'DATA_WRITE' }] }], true],
  [
    'only reads are',
    [{ service: 'artifactregistry.googleapis.com', auditLogConfigs: [{ logType: 'DATA_READ' }] }],
    false,
  ],
  [
    'another is',
    [{ service: 'storage.googleapis.com', auditLogConfigs: [{ logType: 'DATA_WRITE' }] }],
    false,
  ],
  ['nothing is', undefined, false],
])('says whether writes are logged: %s', async (_what, auditConfigs, logged) => {
  answer = { body: { bindings: [], auditConfigs } };
  expect(await open().logsWrites('artifactregistry.googleapis.com')).toBe(logged);
  expect(asked).toEqual([
    'cloudresourcemanager.googleapis.com for example.com:vendor',
    'POST /v1/projects/example.com:vendor:getIamPolicy',
  ]);
});

it("fails with Google's message, and on an invalid response", async () => {
  answer = { status: 403, body: { error: { status: 'PERMISSION_DENIED', message: 'no' } } };
  await expect(open().readSink('uploads')).rejects.toMatchObject({ status: 403 });
  await expect(open().logsWrites('x')).rejects.toMatchObject({ status: 403 });
  answer = { body: '<html>' };
  await expect(open().readSink('uploads')).rejects.toThrow(
    "the answer does not have the form of Google's API",
  );
});
