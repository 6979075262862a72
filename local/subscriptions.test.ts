import file from '../infra/subscriptions.json';
import { KIND_NAMES } from '../shared/kinds/kinds';
import { readDeliveryPolicy } from './servers/broker/delivery-policy';
import { deployedSubscriptions, parseSubscriptions, toPubsubResources } from './subscriptions';

const functions = {
  'plan-copies': 'http://127.0.0.1:8081',
  'copy-artifact': 'http://127.0.0.1:8082',
  reconcile: 'http://127.0.0.1:8083',
};

describe('the deployed subscriptions', () => {
  const settings = deployedSubscriptions();
  const { topics, subscriptions } = toPubsubResources(settings, { project: 'p', functions });

  it('have the topics of the straight line', () => {
    expect(topics).toEqual(
      [
        'gcr',
        'dead-letters',
        'template-uploads',
        'object-changes',
        'plan-retries',
        'copy-jobs',
        'copy-retries',
        'reconcile',
      ].map((topic) => `projects/p/topics/${topic}`),
    );
  });

  it('push to the functions, telling the topic in the path', () => {
    const endpoints = subscriptions.map(({ pushConfig }) => pushConfig?.pushEndpoint);
    expect(endpoints).toEqual([
      'http://127.0.0.1:8081/projects/p/topics/gcr',
      'http://127.0.0.1:8081/projects/p/topics/template-uploads',
      'http://127.0.0.1:8081/projects/p/topics/object-changes',
      'http://127.0.0.1:8081/projects/p/topics/plan-retries',
      'http://127.0.0.1:8082/projects/p/topics/copy-jobs',
      'http://127.0.0.1:8082/projects/p/topics/copy-retries',
      'http://127.0.0.1:8083/projects/p/topics/reconcile',
      undefined,
    ]);
  });

  it('announce every kind of artifact', () => {
    const kinds = Object.values(settings).flatMap((one) => ('kind' in one ? [one.kind] : []));
    expect(kinds).toEqual([...KIND_NAMES]);
  });

  it.each(subscriptions.map((resource) => [resource.name, resource] as const))(
    'are what Pub/Sub accepts: %s',
    (_, resource) => {
      expect(() => readDeliveryPolicy(resource)).not.toThrow();
    },
  );

  it.each(['copy-retries', 'plan-retries'])('retry on %s for hours', (queue) => {
    const retries = subscriptions.find(({ name }) => name.endsWith(`/${queue}`))!;
    expect(retries).toMatchObject({
      retryPolicy: { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 600 } },
      deadLetterPolicy: {
        deadLetterTopic: 'projects/p/topics/dead-letters',
        maxDeliveryAttempts: 40,
      },
    });
  });

  it('wait less at a higher speed, with the same counts', () => {
    const fast = toPubsubResources(settings, { project: 'p', functions, speed: 100 });
    expect(fast.subscriptions[0]).toMatchObject({
      retryPolicy: { minimumBackoff: { seconds: 0, nanos: 1e8 }, maximumBackoff: { seconds: 6 } },
      deadLetterPolicy: { maxDeliveryAttempts: 40 },
    });
  });

  it('need every function that they push to', () => {
    expect(() => toPubsubResources(settings, { project: 'p', functions: {} })).toThrow(
      'A subscription to gcr pushes to plan-copies, which is not served.',
    );
  });
});

describe('parseSubscriptions', () => {
  const changed = (change: object) => ({
    ...file,
    'copy-jobs': { ...file['copy-jobs'], ...change },
  });

  it.each([
    ['a short retention', changed({ retentionSeconds: 60 }), /copy-jobs.retentionSeconds: /],
    [
      'an ack deadline within the time-out',
      changed({ ackDeadlineSeconds: 540 }),
      /copy-jobs.ackDeadlineSeconds: must be above the functions' time-out, 540/,
    ],
    [
      'back-offs the wrong way round',
      changed({ minimumBackoffSeconds: 9, maximumBackoffSeconds: 1 }),
      /minimumBackoffSeconds: must not be above/,
    ],
    ['an unknown key', changed({ filters: 'x' }), /copy-jobs: Unrecognized key: "filters"/],
    ['an unknown kind', changed({ kind: 'chart' }), /copy-jobs.kind: /],
    ['too few attempts', changed({ maxDeliveryAttempts: 3 }), /maxDeliveryAttempts/],
    ['a path without its topic', changed({ endpointPath: '/{project}' }), /must be a path/],
    [
      'a dead-letter policy without push',
      { letters: { topic: 'top', maxDeliveryAttempts: 5 } },
      /letters/,
    ],
    ['no subscription', { letters: null }, /letters: /],
    ['no object', null, /the file: /],
  ])('refuses %s', (_, content, problem) => {
    expect(() => parseSubscriptions(content)).toThrow(problem);
  });
});
