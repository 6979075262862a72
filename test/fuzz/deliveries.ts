import fc from 'fast-check';
import { KIND_NAMES } from '../../shared/kinds/kinds';

/** One HTTP request to a function, as Pub/Sub, Eventarc or somebody with curl sends it. */
export interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The message's id, where it has one. */
  readonly id?: string;
  /** What is known of how it must end; `open`: only that it must be answered. */
  readonly ends: 'dead-letter' | 'done' | 'open';
}

/** Names, in part such as the rules of the test allow. */
export interface Names {
  /** `127.0.0.1:5050/vendor/releases` */
  readonly source: string;
  /** `local-kfp.localhost:5080/vendor/pipelines` */
  readonly templates: string;
  /** `vendor-models` */
  readonly bucket: string;
  readonly target: string;
}

type Attributes = Readonly<Record<string, string>>;
type Content = Pick<Delivery, 'ends'> & { readonly data: Buffer; readonly attributes?: Attributes };

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

/** Never understood: no JSON, no object, or an object that is neither an event nor a job, or a job of another kind than its source. */
const junk: fc.Arbitrary<Content> = fc
  .oneof(
    word.map((some) => `{${some}!`),
    json.filter((value) => typeof value !== 'object' || Array.isArray(value)),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), json),
    fc.record({ action: fc.oneof(fc.integer(), fc.constant(null)), source: fc.array(word) }),
    fc.record({ protoPayload: fc.oneof(word, fc.dictionary(fc.constantFrom('a', 'b'), json)) }),
    fc.record({
      kind: fc.constantFrom('chart', 'Image', 'object', 1, null),
      source: fc.constantFrom('gcr.io/a/b:c', 'us-kfp.pkg.dev/a/b/c:d'),
      target: word,
    }),
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

const KFP = 'projects/vendor/locations/local/repositories/pipelines';

/** Entries of an audit log. */
function uploads(): { good: fc.Arbitrary<object>; odd: fc.Arbitrary<object> } {
  const method = fc.constantFrom('Kfp-UploadPackage', 'Kfp-GetTags', 'x.y.CreateTag');
  const resource = fc.oneof(
    fc.constant(KFP),
    tag.map((name) => `${KFP}/packages/p${name}`),
    fc.tuple(tag, digest).map(([name, hash]) => `${KFP}/packages/p${name}/versions/${hash}`),
    fc.tuple(tag, tag).map(([name, one]) => `${KFP}/packages/p${name}/tags/v${one}`),
    path.map((some) => `projects/p/locations/eu/repositories/${some.replaceAll('/', '')}`),
  );
  const entry = (methodName: unknown, resourceName: unknown, more: object = {}): object => ({
    timestamp: new Date().toISOString(),
    protoPayload: { methodName, resourceName, ...more },
  });
  const odd = fc
    .tuple(fc.oneof(method, text), fc.oneof(resource, text, json), json, json, json)
    .map(([name, at, status, request, response]) => entry(name, at, { status, request, response }));
  return {
    good: fc.tuple(method, resource).map(([name, at]) => entry(name, at)),
    odd: fc.oneof(
      odd,
      json.map((protoPayload) => ({ protoPayload })),
    ),
  };
}

/** Notifications of a bucket: all that matters is in attributes, and there may be no data. */
function changes({ bucket }: Names): fc.Arbitrary<Content> {
  const type = fc.constantFrom(
    'OBJECT_FINALIZE',
    'OBJECT_METADATA_UPDATE',
    'OBJECT_DELETE',
    'OBJECT_ARCHIVE',
  );
  const name = path.map((some) => `released/${some}.bin`);
  const generation = fc.integer({ min: 1 }).map(String);
  const data = fc.constantFrom('', '{"kind":"storage#object"}').map((some) => Buffer.from(some));
  const attributesOf = (
    event: fc.Arbitrary<string>,
    at: fc.Arbitrary<string>,
    object: fc.Arbitrary<string>,
    number: fc.Arbitrary<string>,
  ): fc.Arbitrary<Attributes> =>
    fc.record({ eventType: event, bucketId: at, objectId: object, objectGeneration: number });
  const good = attributesOf(type, fc.constantFrom(bucket, 'another-bucket'), name, generation);
  const odd = attributesOf(
    fc.oneof(type, word),
    fc.oneof(fc.constant(bucket), text),
    fc.oneof(name, text),
    fc.oneof(generation, word),
  );
  const toContent = (ends: Delivery['ends'], about: fc.Arbitrary<Attributes>) =>
    fc.tuple(about, data).map(([some, content]) => ({ ends, data: content, attributes: some }));
  return fc.oneof(toContent('done', good), toContent('open', odd));
}

function jobs({ source, templates, bucket, target }: Names): {
  good: fc.Arbitrary<object>;
  odd: fc.Arbitrary<object>;
} {
  const good = fc.oneof(
    tag.map((name) => ({ source: `${source}/api:v${name}`, target })),
    tag.map((name) => ({ kind: 'template', source: `${templates}/train:v${name}`, target })),
    path.map((name) => ({ kind: 'object', source: `gs://${bucket}/released/${name}.bin`, target })),
  );
  const kind = fc.constantFrom(...KIND_NAMES);
  const odd = fc.record(
    {
      kind: fc.oneof(kind, text, json),
      source: fc.oneof(
        text,
        fc.tuple(path, tag).map(([some, name]) => `gcr.io/${some}:${name}`),
        fc.tuple(path, tag).map(([some, name]) => `us-kfp.pkg.dev/${some}:${name}`),
        fc.tuple(word, word).map(([at, name]) => `gs://${at}/${name}`),
        path.map((name) => `gs://${bucket}/released/${name}.bin#17`),
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
  fc.oneof(
    fc.constantFrom('since', 'continued', 'stalled', 'reason', 'target', 'rewriteToken'),
    word,
  ),
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
  return fc.tuple(content, envelope, attributes).map(([{ data, ends, ...more }, kind, some]) => {
    nextId += 1;
    const id = `fuzz-${nextId}`;
    const message = {
      data: data.toString('base64'),
      messageId: id,
      publishTime: new Date().toISOString(),
      attributes: { ...some, ...more.attributes },
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
  const plans = target === 'planCopies';
  const both = plans ? [pushes(names), uploads()] : [jobs(names)];
  const good = fc.oneof(...both.map((one) => one.good));
  const odd = fc.oneof(...both.map((one) => one.odd));
  const encode = (ends: Delivery['ends']) => (value: object) => ({
    ends,
    data: Buffer.from(JSON.stringify(value)),
  });
  return fc.oneof(
    { weight: 2, arbitrary: enveloped(good.map(encode('done'))) },
    { weight: 4, arbitrary: enveloped(odd.map(encode('open'))) },
    { weight: plans ? 2 : 0, arbitrary: enveloped(changes(names)) },
    { weight: 4, arbitrary: enveloped(junk) },
    { weight: 1, arbitrary: enveloped(bytes) },
    { weight: 2, arbitrary: bare },
  );
}
