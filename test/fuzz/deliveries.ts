import fc from 'fast-check';

/** One HTTP request to a function, as Pub/Sub, Eventarc or somebody with curl sends it. */
export interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The message's id, where it has one. */
  readonly id?: string;
  /** What is known of how it must end; `open`: only that it must be answered. */
  readonly ends: 'dead-letter' | 'done' | 'open';
}

/** Names of images, in part such as the rules of the test allow. */
export interface Names {
  /** `127.0.0.1:5050/vendor/releases` */
  readonly source: string;
  readonly target: string;
}

type Content = Pick<Delivery, 'ends'> & { readonly data: Buffer };

const JSON_HEADERS = { 'content-type': 'application/json' };
/** Whole words and short trees: what is generated character by character costs more than what is tested. */
const json = fc.jsonValue({ maxDepth: 1 });
const word = fc.string({ maxLength: 12 });
const digest = fc.nat().map((seed) => `sha256:${seed.toString(16).padStart(64, '0')}`);
const tag = fc.nat().map((seed) => `t${seed.toString(36)}`);
const path = fc.nat().map((seed) => `p${seed.toString(36).split('').join('/a')}`);
/** What somebody may put where a reference belongs. */
const text = fc.oneof(
  word,
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '../..', 'a:b@c', '%2e%2e/%00', 'gcr.io/a:1\r\nx: y', 'x'.repeat(5000)),
);

/** Never understood: no JSON, no object, or an object that is neither a push nor a job. */
const junk: fc.Arbitrary<Content> = fc
  .oneof(
    word.map((some) => `{${some}!`),
    json.filter((value) => typeof value !== 'object' || Array.isArray(value)),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), json),
    fc.record({ action: fc.oneof(fc.integer(), fc.constant(null)), source: fc.array(word) }),
  )
  .map((value) => ({
    ends: 'dead-letter',
    data: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  }));

const bytes: fc.Arbitrary<Content> = fc
  .uint8Array({ minLength: 1, maxLength: 30 })
  .map((some) => ({ ends: 'open', data: Buffer.from(some) }));

function pushes({ source }: Names): { good: fc.Arbitrary<object>; odd: fc.Arbitrary<object> } {
  const registry = source.slice(0, source.indexOf('/'));
  const image = fc.oneof(
    fc.constant(`${source}/api`),
    path.map((some) => `${registry}/${some}`),
  );
  const action = fc.constantFrom('INSERT', 'DELETE', 'SOMETHING');
  const good = fc.oneof(
    fc.tuple(action, image, tag).map(([act, at, name]) => ({ action: act, tag: `${at}:${name}` })),
    fc
      .tuple(action, image, digest)
      .map(([act, at, hash]) => ({ action: act, digest: `${at}@${hash}` })),
  );
  const odd = fc.record(
    { action: fc.oneof(action, text), tag: fc.oneof(text, image), digest: text, x: json },
    { requiredKeys: ['action'] },
  );
  return { good, odd };
}

function jobs({ source, target }: Names): {
  good: fc.Arbitrary<object>;
  odd: fc.Arbitrary<object>;
} {
  const good = tag.map((name) => ({ source: `${source}/api:v${name}`, target }));
  const odd = fc.record(
    {
      source: fc.oneof(
        text,
        fc.tuple(path, tag).map(([some, name]) => `gcr.io/${some}:${name}`),
      ),
      target: fc.oneof(text, fc.constant(target)),
      rule: fc.oneof(text, fc.constant('api')),
      repair: fc.oneof(fc.boolean(), json),
    },
    { requiredKeys: ['source', 'target'] },
  );
  return { good, odd };
}

const attributes = fc.dictionary(
  fc.oneof(fc.constantFrom('since', 'continued', 'stalled', 'reason', 'target'), word),
  fc.oneof(
    word,
    fc.integer({ min: 900, max: 1100 }).map((length) => 'ü'.repeat(length)),
  ),
  { maxKeys: 3 },
);

let nextId = 0;

/** Content in one of the envelopes that reach a function. */
function enveloped(content: fc.Arbitrary<Content>): fc.Arbitrary<Delivery> {
  const envelope = fc.constantFrom('raw', 'binary event', 'structured event');
  return fc.tuple(content, envelope, attributes).map(([{ data, ends }, kind, some]) => {
    nextId += 1;
    const id = `fuzz-${nextId}`;
    const message = {
      data: data.toString('base64'),
      messageId: id,
      publishTime: new Date().toISOString(),
      attributes: some,
    };
    const push = { message, subscription: 'projects/p/subscriptions/s' };
    const event = {
      id,
      source: '//pubsub.googleapis.com/projects/p/topics/t',
      specversion: '1.0',
      type: 'google.cloud.pubsub.topic.v1.messagePublished',
    };
    if (kind === 'raw') return { headers: JSON_HEADERS, body: JSON.stringify(push), id, ends };
    if (kind === 'binary event') {
      const ce = Object.entries(event).map(([key, value]) => [`ce-${key}`, value]);
      const headers = { ...JSON_HEADERS, ...(Object.fromEntries(ce) as Record<string, string>) };
      return { headers, body: JSON.stringify(push), id, ends };
    }
    const headers = { 'content-type': 'application/cloudevents+json' };
    return { headers, body: JSON.stringify({ ...event, data: push }), id, ends };
  });
}

/** What is no envelope at all. */
const bare: fc.Arbitrary<Delivery> = fc
  .tuple(
    fc.oneof(
      json.map((value) => JSON.stringify(value)),
      word,
      fc.record({ message: json }).map((value) => JSON.stringify(value)),
      fc
        .record({ message: fc.record({ data: word, messageId: json }) })
        .map((value) => JSON.stringify(value)),
    ),
    fc.constantFrom('application/json', 'text/plain', 'application/cloudevents+json', 'x/y'),
  )
  .map(([body, type]) => ({ headers: { 'content-type': type }, body, ends: 'open' }));

/** Deliveries for one of the two functions. */
export function deliveriesFor(
  target: 'planCopies' | 'copyArtifact',
  names: Names,
): fc.Arbitrary<Delivery> {
  const { good, odd } = target === 'planCopies' ? pushes(names) : jobs(names);
  const encode = (ends: Delivery['ends']) => (value: object) => ({
    ends,
    data: Buffer.from(JSON.stringify(value)),
  });
  return fc.oneof(
    { weight: 2, arbitrary: enveloped(good.map(encode('done'))) },
    { weight: 4, arbitrary: enveloped(odd.map(encode('open'))) },
    { weight: 4, arbitrary: enveloped(junk) },
    { weight: 1, arbitrary: enveloped(bytes) },
    { weight: 2, arbitrary: bare },
  );
}
