import { readDeliveryPolicy, retryDelay } from './delivery-policy';

const seconds = (value: number) => ({ seconds: value });

describe('readDeliveryPolicy', () => {
  it('fills in what pubsub.proto says is the default', () => {
    expect(
      readDeliveryPolicy({ retryPolicy: {}, deadLetterPolicy: { deadLetterTopic: 't' } }),
    ).toEqual({
      ackDeadline: 10_000,
      retry: { minimum: 10_000, maximum: 600_000 },
      deadLetter: { topic: 't', maxAttempts: 5 },
      retainAcked: false,
      retention: 604_800_000,
    });
  });

  it.each([
    [
      'ackDeadlineSeconds',
      { ackDeadlineSeconds: 601 },
      /ack_deadline_seconds must be from 10 to 600/,
    ],
    [
      'attempts',
      { deadLetterPolicy: { deadLetterTopic: 't', maxDeliveryAttempts: 4 } },
      /from 5 to 100/,
    ],
    ['back-off', { retryPolicy: { maximumBackoff: seconds(601) } }, /maximum_backoff/],
    [
      'back-offs the wrong way round',
      { retryPolicy: { minimumBackoff: seconds(30), maximumBackoff: seconds(20) } },
      /must not be above/,
    ],
    ['retention', { messageRetentionDuration: seconds(1) }, /message_retention_duration/],
    ['filter', { filter: 'a' }, /filter has "a" where/],
    ['endpoint', { pushConfig: { pushEndpoint: 'ftp://x/' } }, /must be an HTTP URL/],
  ])('refuses a wrong %s', (_, resource, problem) => {
    expect(() => readDeliveryPolicy(resource)).toThrow(problem);
  });

  it.each([
    ['ordered delivery', { enableMessageOrdering: true }],
    ['exactly-once delivery', { enableExactlyOnceDelivery: true }],
    ['message transforms', { messageTransforms: [{}] }],
    ['BigQuery subscriptions', { bigqueryConfig: {} }],
    ['Bigtable subscriptions', { bigtableConfig: {} }],
    ['Cloud Storage subscriptions', { cloudStorageConfig: {} }],
    ['unwrapped push', { pushConfig: { noWrapper: {} } }],
  ])('says that it has no %s', (feature, resource) => {
    expect(() => readDeliveryPolicy(resource)).toThrow(`The embedded broker has no ${feature}.`);
  });
});

describe('retryDelay', () => {
  it('doubles from the least to the most', () => {
    const policy = readDeliveryPolicy({
      retryPolicy: { minimumBackoff: seconds(10), maximumBackoff: seconds(60) },
    });
    expect([1, 2, 3, 4, 90].map((attempts) => retryDelay(policy, attempts))).toEqual([
      10_000, 20_000, 40_000, 60_000, 60_000,
    ]);
  });

  it('is nothing without a retry policy', () => {
    expect(retryDelay(readDeliveryPolicy({}), 3)).toBe(0);
  });
});
