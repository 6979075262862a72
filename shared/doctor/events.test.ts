import { artifactRegistryName } from '../google/artifact-registry-name';
import type { LogSink, ProjectLog } from '../google/project-log';
import type { Bucket, NotificationConfig } from '../kinds/object/bucket';
import { createObjectChecks } from '../kinds/object/check';
import type { Connection } from '../oci/client';
import { RegistryError } from '../oci/http/errors';
import { CHECK_KINDS } from '../../test/support/check-kinds';
import { KIND_NAMES } from '../kinds/kinds';
import { parseRules } from '../kinds/rules';
import type { Check } from './check';
import { checkEvents, publisherOf } from './events';
import type { EventAccess } from './kind';

const { rules } = parseRules(`targets:
  acme: { repository: r.io/acme, templates: us-kfp.pkg.dev/acme/p, bucket: gs://acme }
rules:
  - { name: images, source: us-docker.pkg.dev/vendor/releases, targets: [acme] }
  - { name: pipelines, source: us-kfp.pkg.dev/pipelines-project/pipelines, templates: [a], targets: [acme] }
  - { name: models, source: gs://vendor-models/released, targets: [acme] }
  - { name: elsewhere, source: 'eu-kfp.localhost:5080/vendor/pipelines', templates: [b], targets: [acme] }
`);
const [images, pipelines, models, elsewhere] = rules as [
  (typeof rules)[0],
  (typeof rules)[0],
  (typeof rules)[0],
  (typeof rules)[0],
];
const deployment = { project: 'vendor', prefix: 'staging-' };
const TOPIC = 'projects/vendor/topics/staging-object-changes';
const SINK: LogSink = {
  destination: 'pubsub.googleapis.com/projects/vendor/topics/staging-template-uploads',
  disabled: false,
};
const denied = new RegistryError({
  method: 'GET',
  url: 'https://there',
  status: 403,
  entries: [],
  detail: 'no',
});

function deps({
  notifications = [],
  sink,
  logged = true,
}: {
  notifications?: readonly NotificationConfig[] | Error;
  sink?: LogSink | Error;
  logged?: boolean | Error;
} = {}): { asked: string[]; deps: EventAccess } {
  const asked: string[] = [];
  const answer = <T>(what: T | Error): Promise<T> =>
    what instanceof Error ? Promise.reject(what) : Promise.resolve(what);
  const log = (project: string): ProjectLog => ({
    readSink: (name) => (asked.push(`${project} ${name}`), answer(sink)),
    logsWrites: (service) => (asked.push(`${project} ${service}`), answer(logged)),
  });
  return {
    asked,
    deps: {
      kinds: {
        ...CHECK_KINDS,
        object: createObjectChecks(
          (_access, bucket) =>
            ({
              listNotifications: () => (asked.push(bucket), answer(notifications)),
            }) as Bucket,
        ),
      },
      registries: {
        connect: () => {
          throw new Error('not to be asked');
        },
      },
      openLog: log,
      nameOf: artifactRegistryName,
    },
  };
}

const TOLD = ['OBJECT_FINALIZE', 'OBJECT_METADATA_UPDATE'];
const shown = (checks: readonly Check[]) => checks.map(({ state, found }) => `${state}: ${found}`);

it('checks nothing for a registry that announces its own events, or that has no audit log', async () => {
  const { deps: nothing, asked } = deps();
  expect(await checkEvents(images, deployment, nothing)).toStrictEqual([]);
  expect(await checkEvents(elsewhere, deployment, nothing)).toStrictEqual([]);
  expect(asked).toStrictEqual([]);
});

const refuse = () => Promise.reject(denied);
/** Whatever is asked of Google is denied. */
const shut: EventAccess = {
  kinds: CHECK_KINDS,
  nameOf: artifactRegistryName,
  registries: {
    connect: () => ({ ...({} as Connection), origin: new URL('https://there'), exchange: refuse }),
  },
  openLog: () => ({ readSink: refuse, logsWrites: refuse }),
};

it.each(KIND_NAMES)(
  'checks whether events of %ss are announced, unless the registry announces them',
  async (kind) => {
    const rule = rules.find((one) => one.kind === kind);
    const checks = await checkEvents(rule!, deployment, shut);
    if (publisherOf(CHECK_KINDS[kind]) === null) expect(checks).toStrictEqual([]);
    else expect(checks.map(({ state }) => state)).toContain('skipped');
  },
);

describe('a bucket', () => {
  const topic = `//pubsub.googleapis.com/${TOPIC}`;
  const look = (...notifications: NotificationConfig[]) =>
    checkEvents(models, deployment, deps({ notifications }).deps);

  it.each([
    ['of everything', { topic }],
    ['of what matters below the folder', { topic, eventTypes: [...TOLD], prefix: 'rel' }],
    ['of the folder', { topic, prefix: 'released/' }],
  ])('announces events with the notification %s', async (_what, notification) => {
    const other = { topic: '//pubsub.googleapis.com/projects/x/topics/y' };
    expect(shown(await look(other, notification))).toEqual([
      `ok: new objects are announced on ${TOPIC}`,
    ]);
  });

  it('announces new objects, but perhaps not metadata changes', async () => {
    expect(shown(await look({ topic, eventTypes: ['OBJECT_FINALIZE'] }))).toEqual([
      `ok: new objects are announced on ${TOPIC}, but not changes of their metadata: reconcile finds those`,
    ]);
  });

  it.each([
    [
      'to another topic',
      { topic: '//pubsub.googleapis.com/projects/vendor/topics/object-changes' },
    ],
    ['of other events', { topic, eventTypes: ['OBJECT_DELETE'] }],
    ['of another folder', { topic, prefix: 'released/v1/' }],
  ])('announces no events with the notification %s', async (_what, notification) => {
    const [check] = await look(notification);
    expect(check).toMatchObject({
      about: 'source gs://vendor-models/released',
      what: 'events',
      state: 'wrong',
      found: `new objects are not announced on ${TOPIC}`,
    });
    expect(check?.fix).toContain(
      'gcloud storage buckets notifications create gs://vendor-models \\',
    );
    expect(check?.fix).toContain(`--topic=${TOPIC}`);
  });

  it('is skipped if its settings cannot be read', async () => {
    const { deps: shut } = deps({ notifications: denied });
    expect(shown(await checkEvents(models, deployment, shut))).toEqual([
      'skipped: whether new objects are announced cannot be read: answered 403: no',
    ]);
  });
});

describe('a repository of templates', () => {
  it('announces events through a log sink if uploads are logged', async () => {
    const { deps: good, asked } = deps({ sink: SINK });
    expect(shown(await checkEvents(pipelines, deployment, good))).toEqual([
      `ok: the log sink staging-relay-template-uploads publishes to ${SINK.destination.replace('pubsub.googleapis.com/', '')}`,
      'ok: pipelines-project logs uploads',
    ]);
    expect(asked).toEqual([
      'pipelines-project staging-relay-template-uploads',
      'pipelines-project artifactregistry.googleapis.com',
    ]);
  });

  it.each([
    [undefined, 'does not exist'],
    [{ ...SINK, disabled: true }, 'is disabled'],
    [
      { ...SINK, destination: 'storage.googleapis.com/logs' },
      'publishes to storage.googleapis.com/logs',
    ],
  ])('does not where the sink is %j', async (sink, found) => {
    const { deps: bad } = deps({ logged: false, sink });
    expect(shown(await checkEvents(pipelines, deployment, bad))).toEqual([
      `wrong: the log sink staging-relay-template-uploads ${found}`,
      'note: pipelines-project itself does not log uploads',
    ]);
  });

  it('is skipped if its log cannot be read', async () => {
    const { deps: shut } = deps({ sink: denied, logged: denied });
    expect(shown(await checkEvents(pipelines, deployment, shut))).toEqual([
      'skipped: whether a log sink publishes uploads cannot be read: answered 403: no',
      'skipped: whether uploads are logged cannot be read: answered 403: no',
    ]);
  });
});
