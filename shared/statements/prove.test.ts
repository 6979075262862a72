import { setImmediate } from 'node:timers/promises';
import { blob } from '../../local/images/content';
import { artifact, image } from '../../local/images/image';
import {
  attest,
  besideTag,
  bundleOf,
  bundleReferrer,
  createParty,
  oldAttestation,
  oldReferrer,
  simpleSigning,
  statementOf,
} from '../../test/support/parties';
import {
  answered,
  createMemorySource,
  type MemorySource,
  type MemorySourceOptions,
} from '../../test/support/statement-source';
import { digestOf } from '../oci/digest';
import { fallbackTag } from '../oci/digest-tag';
import { DigestMismatchError, InvalidManifestError } from '../oci/http/errors';
import { parseJsonPointer, parsePattern } from './pattern';
import { missingOf, unenforcedOf, type Proof, type ProofRequest } from './proof';
import { createProver } from './prove';
import {
  APPROVAL,
  OVERRIDE,
  SIGNATURE,
  type Condition,
  type Requirement,
  type RuleRequirements,
} from './requirement';
import type { Signer } from './signers/signer';

const release = createParty('release');
const ci = createParty('ci');
const stranger = createParty('stranger');
const subject = image({ config: { seed: 'subject' } }).root;
const other = image({ config: { seed: 'other' } }).root;
const now = new Date('2026-11-27T12:00:00Z');
const PROVENANCE = 'https://slsa.dev/provenance/v1';
const SBOM = 'https://spdx.dev/Document';

const required = (
  statement: string,
  by: readonly Signer[] = [release.signer],
  changed: Partial<Requirement> = {},
): Requirement => ({ statement, by, identity: [], where: [], enforce: true, ...changed });
const rule = (
  requirements: readonly Requirement[] = [required('signature')],
  changed: Partial<RuleRequirements> = {},
): RuleRequirements => ({ rule: 'api', requirements, override: [], ...changed });
const where = (pointer: string, ...globs: string[]): Condition => ({
  pointer: parseJsonPointer(pointer),
  patterns: globs.map((glob) => parsePattern(glob)),
});

let source: MemorySource;
beforeEach(() => {
  source = createMemorySource();
});

async function prove(
  rules: readonly RuleRequirements[] = [rule()],
  changed: Partial<ProofRequest> = {},
): Promise<Proof> {
  source.requests.length = 0;
  const { tag = 'v1' } = changed;
  const asked = { source, subject: subject.digest, tag, rules, now, ...changed };
  return (await createProver()(asked)).underTag(tag);
}
/** What is said to be missing; nothing where it is proven. */
const found = async (...rules: RuleRequirements[]): Promise<readonly string[]> =>
  missingOf(await prove(rules.length > 0 ? rules : undefined)).map((text) =>
    text.replace(/^.*: found /, ''),
  );

const registries: [string, MemorySourceOptions][] = [
  ['with the API', {}],
  ['with the API, whose list has no annotations', { annotations: false }],
  ['without the API', { api: false }],
  ['without the API, with bare lists', { api: false, annotations: false }],
];

describe.each(registries)('at a registry %s', (_, options) => {
  beforeEach(() => {
    source = createMemorySource(options);
  });
  const lists = options.api === false ? ['list', fallbackTag(subject.digest)] : ['list'];

  it('a signature of cosign 3 is found by a list, its manifest and itself', async () => {
    const referrer = attest(subject, release);
    source.put(referrer);
    const proof = await prove();
    const [met] = proof.rules[0]?.requirements ?? [];
    const { digest: statement } = referrer.root;
    expect(met).toMatchObject({ met: true, statement, predicateType: SIGNATURE, by: 'release' });
    expect(proof.proven).toBe(true);
    expect(source.requests).toEqual([...lists, statement, expect.stringMatching(/^sha256:/)]);
  });

  it('one of cosign 2 under its tag', async () => {
    source.put(besideTag(subject.digest, 'sig', [simpleSigning(subject.digest, release)]));
    expect((await prove()).proven).toBe(true);
    const tag = `${fallbackTag(subject.digest)}.sig`;
    expect(source.requests).toEqual([...lists, tag, expect.stringMatching(/^sha256:/)]);
  });

  it('one of the old form that refers to the image', async () => {
    source.put(oldReferrer(subject, [simpleSigning(subject.digest, release)]));
    expect((await prove()).proven).toBe(true);
    expect(source.requests).toHaveLength(lists.length + 2);
  });

  it('an attestation of cosign 2', async () => {
    const claim = { predicateType: PROVENANCE };
    source.put(besideTag(subject.digest, 'att', [oldAttestation(subject.digest, ci, claim)]));
    expect((await prove([rule([required('provenance', [ci.signer])])])).proven).toBe(true);
  });

  it('only as much is read as is enough', async () => {
    const signature = attest(subject, release);
    source.put(
      signature,
      attest(subject, ci, { predicateType: PROVENANCE }),
      attest(subject, ci, { predicateType: SBOM }),
      attest(subject, ci, { predicateType: 'https://example.com/test/v1' }),
    );
    const both = rule([required('signature'), required('sbom', [ci.signer])]);
    expect((await prove([both])).proven).toBe(true);
    const manifests = options.annotations === false ? 4 : 2;
    expect(source.requests.length).toBeLessThanOrEqual(lists.length + manifests + 2);
    expect(new Set(source.requests).size).toBe(source.requests.length);
  });
});

it('with annotations it is two requests for each statement that is needed, and none for others', async () => {
  source.put(
    attest(subject, ci, { predicateType: SBOM }),
    attest(subject, release),
    attest(subject, ci, { predicateType: PROVENANCE }),
    artifact({ artifactType: 'application/vnd.example.junk', subject }),
  );
  const proof = await prove([rule([required('signature'), required('provenance', [ci.signer])])]);
  expect(proof.proven).toBe(true);
  expect(source.requests).toHaveLength(1 + 2 * 2);
});

it('nothing is asked where nothing is required', async () => {
  expect((await prove([rule([])])).proven).toBe(true);
  expect(source.requests).toStrictEqual([]);
});

describe('what counts', () => {
  it.each(['P-256', 'P-384', 'P-521', 'ed25519', 'rsa'])(
    'a key of %s, in all forms',
    async (type) => {
      const party = createParty('party', type);
      const rules = [rule([required('signature', [party.signer])])];
      source.put(attest(subject, party));
      expect((await prove(rules)).proven).toBe(true);
      source = createMemorySource();
      source.put(besideTag(subject.digest, 'sig', [simpleSigning(subject.digest, party)]));
      expect((await prove(rules)).proven).toBe(true);
    },
  );

  it('one of several signatures, be it under another payload type of bundles', async () => {
    source.put(bundleReferrer(subject, bundleOf(statementOf(subject.digest), [stranger, release])));
    expect((await prove()).proven).toBe(true);
  });

  it('one of two signatures over one payload, which are layers of one digest', async () => {
    const layers = [stranger, release, ci].map((by) => simpleSigning(subject.digest, by));
    expect(new Set(layers.map(({ descriptor }) => descriptor.digest)).size).toBe(1);
    source.put(besideTag(subject.digest, 'sig', layers));
    expect((await prove()).proven).toBe(true);
  });

  it('one of two subjects', async () => {
    source.put(attest(subject, release, { subjects: [other.digest, subject.digest] }));
    expect((await prove()).proven).toBe(true);
  });

  it('a subject of sha512 by that digest alone', async () => {
    const large = image({ algorithm: 'sha512' }).root;
    source.put(attest(large, release));
    expect((await prove([rule()], { subject: large.digest })).proven).toBe(true);
    source.put(attest(large, release, { subjects: [subject.digest] }));
    expect((await prove()).proven).toBe(false);
  });

  it('a statement of version 0.1, which cosign attests with', async () => {
    const type = 'https://in-toto.io/Statement/v0.1';
    source.put(attest(subject, ci, { predicateType: SBOM, type }));
    expect((await prove([rule([required('sbom', [ci.signer])])])).proven).toBe(true);
  });

  it('a statement of any type by its URI', async () => {
    const predicateType = 'https://example.com/licences/v2';
    source.put(attest(subject, ci, { predicateType }));
    expect((await prove([rule([required(predicateType, [ci.signer])])])).proven).toBe(true);
  });

  it('the annotations of a signature, in both forms', async () => {
    const rules = [
      rule([required('signature', [release.signer], { where: [where('/env', 'prod')] })]),
    ];
    const layers = ['test', 'prod'].map((env) => simpleSigning(subject.digest, release, { env }));
    source.put(besideTag(subject.digest, 'sig', layers));
    expect((await prove(rules)).proven).toBe(true);
    source = createMemorySource();
    source.put(attest(subject, release, { annotations: { env: 'prod' } }));
    expect((await prove(rules)).proven).toBe(true);
    source = createMemorySource();
    source.put(attest(subject, release, { annotations: { env: 'test' } }));
    expect(await found(...rules)).toEqual(['signature by release whose /env is "test"']);
  });
});

describe('a statement that does not count is reported, and hides nothing', () => {
  const raw = (bytes: Buffer | string, layerType?: string) =>
    bundleReferrer(subject, Buffer.from(bytes), layerType === undefined ? {} : { layerType });
  const good = bundleOf(statementOf(subject.digest), [release]);
  type Bundle = { dsseEnvelope?: object; [key: string]: unknown };
  const altered = (change: (bundle: Bundle) => object) =>
    raw(JSON.stringify(change(JSON.parse(good.toString()) as Bundle)));
  const inEnvelope = (changed: object) =>
    altered((bundle) => ({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, ...changed } }));
  const beside = (...layers: Parameters<typeof besideTag>[2]) =>
    besideTag(subject.digest, 'sig', layers);
  const unsigned = (text: string | Uint8Array) =>
    blob(Buffer.from(text), 'application/vnd.dev.cosign.simplesigning.v1+json');
  const stolen = statementOf(subject.digest, { predicate: { more: 'than was signed' } });
  const mislabelled = bundleOf(statementOf(subject.digest), [release], 'text/plain')
    .toString()
    .replace('text/plain', 'application/vnd.in-toto+json');
  const forged = 'signature that names the key of release, which has not signed it';
  const elsewhere = `signature about ${other.digest.slice(0, 19)}…`;

  it.each([
    [
      'a signature by another key',
      attest(subject, stranger),
      `signature by key ${stranger.fingerprint.slice(0, 12)}…, not an accepted signer`,
    ],
    [
      'an old one by another key',
      beside(simpleSigning(subject.digest, stranger)),
      'signature by a key that is not an accepted signer',
    ],
    ['one of another image', attest(subject, release, { subjects: [other.digest] }), elsewhere],
    ['an old one of another image', beside(simpleSigning(other.digest, release)), elsewhere],
    ['one of nothing', attest(subject, release, { subjects: [] }), 'signature about nothing'],
    [
      'an attestation',
      attest(subject, release, { predicateType: PROVENANCE }),
      'provenance, which nothing asks for',
    ],
    [
      'an attestation that is labelled a signature',
      raw(bundleOf(statementOf(subject.digest, { predicateType: SBOM }), [release])),
      'sbom, which nothing asks for',
    ],
    [
      'the right payload under another type',
      attest(subject, release, { payloadType: 'application/json' }),
      'signature whose payload is of type application/json, and not application/vnd.in-toto+json',
    ],
    ['the right payload whose type is not what was signed', raw(mislabelled), forged],
    [
      'another payload under a right signature',
      inEnvelope({ payload: stolen.toString('base64') }),
      forged,
    ],
    ['an empty signature', inEnvelope({ signatures: [{ sig: '' }] }), forged],
    ['no signature', inEnvelope({ signatures: [] }), 'signature that is no Sigstore bundle'],
    ['a bundle cut in two', raw(good.subarray(0, 200)), 'signature that is no JSON'],
    ['no bytes', raw(''), 'signature that is no JSON'],
    ['no text', raw(Buffer.from([0xff, 0xfe])), 'signature that is no JSON'],
    ['JSON of another form', raw('[]'), 'signature that is no Sigstore bundle'],
    [
      'a deep document',
      raw('['.repeat(500_000) + ']'.repeat(500_000)),
      'signature that is no Sigstore bundle',
    ],
    [
      'a bundle without an envelope',
      altered((bundle) => ({ ...bundle, dsseEnvelope: undefined })),
      'signature that holds no envelope',
    ],
    [
      'a bundle that signs a file',
      altered((bundle) => ({ ...bundle, dsseEnvelope: undefined, messageSignature: {} })),
      'signature that signs a file, and states nothing of an image',
    ],
    [
      'a statement of a later version',
      attest(subject, release, { type: 'https://in-toto.io/Statement/v9' }),
      'signature whose payload is no in-toto statement',
    ],
    [
      'a layer of another type',
      raw(good, 'application/json'),
      'signature that holds nothing signed',
    ],
    [
      'an old payload of another kind',
      beside(unsigned('{"critical":{}}')),
      "signature whose payload is none of cosign's",
    ],
    [
      'an old one without its signature',
      beside(unsigned(simpleSigning(subject.digest, release).blob.content as Uint8Array)),
      'signature without its signature',
    ],
    [
      'an index of signatures',
      bundleReferrer(subject, bundleOf(statementOf(other.digest), [release])),
      elsewhere,
    ],
  ])('%s', async (_, attached, told) => {
    source.put(attached);
    expect(await found()).toEqual([told]);
    const late = createMemorySource();
    late.put(attest(subject, release), attached);
    expect((await prove([rule()], { source: late })).proven).toBe(true);
    source.put(attest(subject, release));
    expect((await prove()).proven).toBe(true);
  });

  it('nothing at all', async () => {
    expect(await found()).toEqual(['nothing']);
    const tag = fallbackTag(subject.digest);
    expect(source.requests).toEqual(['list', `${tag}.sig`, tag]);
  });

  it('an image under the tag of the list', async () => {
    source.put(image({ tag: fallbackTag(subject.digest) }));
    expect(await found()).toEqual(['nothing']);
  });

  it('who signed it for another rule', async () => {
    source.put(attest(subject, ci));
    const proof = await prove([
      rule(),
      rule([required('signature', [ci.signer])], { rule: 'web' }),
    ]);
    expect(missingOf(proof)).toEqual([
      'api requires signature by release: found signature by ci, whom this rule does not ask for it',
    ]);
    expect(proof.rules.map(({ proven }) => proven)).toEqual([false, true]);
  });

  it('what its predicate says instead', async () => {
    const rules = [
      rule([
        required('provenance', [ci.signer], {
          where: [where('/builder/id', 'https://ci.example/*')],
        }),
      ]),
    ];
    const predicateType = PROVENANCE;
    source.put(
      attest(subject, ci, { predicateType }),
      attest(subject, ci, {
        predicateType,
        predicate: { builder: { id: 'https://evil.example/https://ci.example/1' } },
      }),
    );
    expect(await found(...rules)).toEqual([
      'provenance by ci whose /builder/id is "https://evil.example/https://ci.example/1"; provenance by ci that has no /builder/id',
    ]);
    source.put(
      attest(subject, ci, {
        predicateType,
        predicate: { builder: { id: 'https://ci.example/1' } },
      }),
    );
    expect((await prove(rules)).proven).toBe(true);
  });

  it('no more than eight of many', async () => {
    const parties = Array.from({ length: 12 }, (_, number) => createParty(`p${number}`));
    source.put(...parties.map((party) => attest(subject, party)));
    const [told = ''] = await found();
    expect(told.split('; ')).toHaveLength(9);
    expect(told).toMatch(/; 4 more$/);
  });
});

describe('what cannot be read', () => {
  const unavailable = answered(503, 'UNAVAILABLE');

  it.each(['list', `${fallbackTag(subject.digest)}.sig`, fallbackTag(subject.digest)])(
    'is not an absence: %s',
    async (reference) => {
      source.fail(reference, unavailable);
      await expect(prove()).rejects.toBe(unavailable);
    },
  );

  it('is not an absence: the list of a registry without the API', async () => {
    source = createMemorySource({ api: false });
    source.fail(fallbackTag(subject.digest), unavailable);
    await expect(prove()).rejects.toBe(unavailable);
    // A response that the repository does not exist does not mean that the list does not exist.
    source.fail(fallbackTag(subject.digest), answered(404, 'NAME_UNKNOWN'));
    await expect(prove()).rejects.toThrow('NAME_UNKNOWN');
  });

  it('is passed over where another is enough', async () => {
    const broken = attest(subject, stranger);
    const torn = attest(subject, ci);
    source.put(attest(subject, release), broken, torn);
    source.fail(broken.root.digest, unavailable);
    source.fail(torn.blobs[1]?.digest ?? '', unavailable);
    expect((await prove()).proven).toBe(true);
    const strangers = prove([rule([required('signature', [stranger.signer])])]);
    await expect(strangers).rejects.toBe(unavailable);
  });

  it('is not asked for again and again', async () => {
    for (let number = 0; number < 20; number++) {
      const broken = attest(subject, stranger);
      source.put(broken);
      source.fail(broken.root.digest, unavailable);
    }
    await expect(prove()).rejects.toBe(unavailable);
    expect(source.requests).toHaveLength(1 + 4);
  });

  it('counts as absent where it is gone, or never was a manifest', async () => {
    const gone = attest(subject, release);
    const torn = attest(subject, release);
    const odd = attest(subject, release);
    source.put(gone, torn, odd);
    source.fail(gone.root.digest, answered(404, 'MANIFEST_UNKNOWN'));
    source.fail(
      torn.blobs[1]?.digest ?? '',
      new Error('could not read', { cause: answered(404, 'BLOB_UNKNOWN') }),
    );
    source.fail(odd.root.digest, new InvalidManifestError('no manifest'));
    expect(await found()).toEqual([
      'signature whose manifest cannot be read; signature that is not there any more',
    ]);
  });
});

describe('an unreadable statement hides nothing', () => {
  it('manifests that say a wrong size of what they hold', async () => {
    const lies = Array.from({ length: 5 }, (_, at) =>
      attest(subject, stranger, { predicate: { at } }),
    );
    source.put(attest(subject, release), ...lies);
    for (const { blobs } of lies) {
      source.fail(blobs[1]?.digest ?? '', new DigestMismatchError('GET', '7 bytes', '700 bytes'));
    }
    expect((await prove()).proven).toBe(true);
    expect(await found(rule([required('signature', [ci.signer])]))).toEqual([
      `signature that is not what its manifest says; signature by key ${release.fingerprint.slice(0, 12)}…, not an accepted signer`,
    ]);
  });

  it('and what was changed on the way is not taken for what lies there', async () => {
    const right = attest(subject, release);
    source.put(right);
    const { digest = '' } = right.blobs[1] ?? {};
    const changed = new DigestMismatchError('GET', digest, digestOf(Buffer.from('other')));
    source.fail(digest, changed);
    await expect(prove()).rejects.toBe(changed);
  });

  it('a manifest with more commas than a statement may have', async () => {
    const bundle = blob(Buffer.from('{}'), 'application/vnd.dev.sigstore.bundle.v0.3+json');
    source.put(
      attest(subject, release),
      artifact({
        artifactType: bundle.descriptor.mediaType,
        blobs: [bundle],
        subject,
        annotations: {
          'dev.sigstore.bundle.predicateType': SIGNATURE,
          'org.opencontainers.image.created': '2026-12-01T00:00:00Z',
          note: ','.repeat(1_000_001),
        },
      }),
    );
    expect((await prove()).proven).toBe(true);
  });
});

describe('labels choose the order and prove nothing', () => {
  it('a signature that is labelled something else is found in the end', async () => {
    const bundle = bundleOf(statementOf(subject.digest), [release]);
    source.put(
      bundleReferrer(subject, bundle, { predicateType: SBOM }),
      attest(subject, stranger),
      artifact({ artifactType: 'application/vnd.example.junk', subject }),
    );
    expect((await prove()).proven).toBe(true);
    expect(source.requests.indexOf(`${fallbackTag(subject.digest)}.sig`)).toBe(3);
  });

  it('one without a type of its own, too', async () => {
    const bundle = bundleOf(statementOf(subject.digest), [release]);
    source.put(
      artifact({
        artifactType: 'application/vnd.example.custom',
        blobs: [blob(bundle, 'application/vnd.dev.sigstore.bundle.v0.3+json')],
        subject,
      }),
    );
    expect((await prove()).proven).toBe(true);
  });

  it('the newest comes first', async () => {
    const bundle = (by: typeof release) => bundleOf(statementOf(subject.digest), [by]);
    const old = bundleReferrer(subject, bundle(stranger), { created: '2026-01-01T00:00:00Z' });
    const recent = bundleReferrer(subject, bundle(release), { created: '2026-09-01T00:00:00Z' });
    source.put(recent, old);
    await prove();
    expect(source.requests[1]).toBe(recent.root.digest);
  });

  it('what the API does not list is found under the fallback tag', async () => {
    const referrer = attest(subject, release);
    const unlisting: MemorySource = {
      ...createMemorySource({ api: false }),
      listReferrers: () => Promise.resolve([]),
    };
    unlisting.put(referrer);
    expect((await prove([rule()], { source: unlisting })).proven).toBe(true);
  });
});

describe('bounds', () => {
  it('what is too large is not fetched', async () => {
    const bundle = bundleOf(statementOf(subject.digest), [release]);
    const [layer] = [blob(bundle, 'application/vnd.dev.sigstore.bundle.v0.3+json')];
    const size = 16 * 1024 * 1024 + 1;
    source.put(
      artifact({
        artifactType: layer.descriptor.mediaType,
        blobs: [{ ...layer, descriptor: { ...layer.descriptor, size } }],
        subject,
      }),
    );
    expect(await found()).toEqual([
      `statement of ${size} bytes, more than the ${size - 1} that are read`,
    ]);
    expect(source.requests).not.toContain(layer.descriptor.digest);
  });

  it.each([
    ['one large statement', 2 * 1024 * 1024, 1],
    ['any number of small statements', 1024, 2],
  ])('all proofs together read %s at a time', async (_, size, expected) => {
    const bundle = bundleOf(statementOf(subject.digest), [release]);
    const [layer] = [blob(bundle, 'application/vnd.dev.sigstore.bundle.v0.3+json')];
    const blobs = [{ ...layer, descriptor: { ...layer.descriptor, size } }];
    source.put(artifact({ artifactType: layer.descriptor.mediaType, blobs, subject }));
    let [running, most] = [0, 0];
    const slow: MemorySource = {
      ...source,
      getBlob: async (descriptor) => {
        running += 1;
        most = Math.max(most, running);
        await setImmediate();
        running -= 1;
        return source.getBlob(descriptor);
      },
    };
    const prover = createProver();
    const asked = { source: slow, subject: subject.digest, rules: [rule()], now };
    const proofs = await Promise.all([prover(asked), prover(asked)]);
    expect(proofs.map((proof) => proof.underAnyTag().proven)).toEqual([true, true]);
    expect(most).toBe(expected);
  });

  it.each([
    [
      'signatures',
      (many: unknown[]) => ({ dsseEnvelope: { payload: '', payloadType: '', signatures: many } }),
    ],
    ['entries in logs', (many: unknown[]) => ({ verificationMaterial: { tlogEntries: many } })],
    ['subjects', (many: unknown[]) => ({ subject: many })],
  ])('of wrong %s no more are looked into than there can be right ones', async (_, change) => {
    const bundle = JSON.parse(bundleOf(statementOf(subject.digest), [release]).toString()) as {
      dsseEnvelope: object;
    };
    const many = Array<number>(200_000).fill(0);
    const changed = { ...bundle, ...change(many) };
    const subjects = Buffer.from(JSON.stringify({ predicateType: 'x', _type: 'x', subject: many }));
    const dsseEnvelope = { ...bundle.dsseEnvelope, payload: subjects.toString('base64') };
    const whole = 'subject' in changed ? { ...bundle, dsseEnvelope } : changed;
    source.put(bundleReferrer(subject, Buffer.from(JSON.stringify(whole))));
    const [told = ''] = await found();
    expect(told).toMatch(/^signature (that is no Sigstore bundle|whose payload is no in-toto)/);
  });

  it('what has more values than memory is not parsed', async () => {
    source.put(bundleReferrer(subject, Buffer.from(`[${'[],'.repeat(1_000_000)}0]`)));
    expect(await found()).toEqual(['signature that has more than 1000000 values']);
  });

  it('reports foreign text in brief', async () => {
    const long = 'x'.repeat(100_000);
    source.put(
      attest(subject, release, { predicateType: `https://${long}` }),
      attest(subject, release, { payloadType: long }),
    );
    const proof = await prove([rule()]);
    expect(JSON.stringify([missingOf(proof), proof.seen]).length).toBeLessThan(3000);
  });

  it('sends at most a thousand requests, and reports what they leave unread', async () => {
    const layers = Array.from({ length: 3 }, (_, number) =>
      simpleSigning(other.digest, stranger, { number: String(number) }),
    );
    source.put(besideTag(subject.digest, 'sig', layers));
    for (let number = 0; number < 600; number++) {
      const bundle = bundleOf(statementOf(other.digest, { predicate: { number } }), [stranger]);
      source.put(bundleReferrer(subject, bundle));
    }
    const [told = ''] = await found();
    expect(source.requests.length).toBeLessThanOrEqual(1001);
    expect(told).toMatch(/; 103 more, which are too many to be read$/);
  });

  it('a thousand requests, which junk that is dated later does not use up first', async () => {
    const early = bundleOf(statementOf(subject.digest), [release]);
    source.put(bundleReferrer(subject, early, { created: '2026-10-01T00:00:00Z' }));
    for (let number = 0; number < 600; number++) {
      const bundle = bundleOf(statementOf(subject.digest, { predicate: { number } }), [stranger]);
      source.put(bundleReferrer(subject, bundle, { created: '2099-01-01T00:00:00Z' }));
    }
    expect(await found()).toStrictEqual([]);
    expect(source.requests.length).toBeLessThan(10);
  });

  describe.each(registries)(
    'is found among junk that is labelled better, at a registry %s',
    (_, options) => {
      const bundle = bundleOf(statementOf(subject.digest), [release]);
      const override = statementOf(subject.digest, {
        predicateType: OVERRIDE,
        predicate: {
          rule: 'api',
          source: 'us-docker.pkg.dev/vendor/api',
          tag: 'v1',
          expires: '2026-11-28T00:00:00Z',
          why: 'rollback',
        },
      });

      it.each([
        ['under a tag', besideTag(subject.digest, 'sig', [simpleSigning(subject.digest, release)])],
        ['without a label', bundleReferrer(subject, bundle, { bare: true })],
        ['with another label', bundleReferrer(subject, bundle, { predicateType: SBOM })],
        [
          'of an override',
          bundleReferrer(subject, bundleOf(override, [release]), { predicateType: OVERRIDE }),
        ],
      ])('a statement %s', async (_form, attached) => {
        source = createMemorySource(options);
        source.put(attached);
        for (let number = 0; number < 600; number++) {
          const junk = bundleOf(statementOf(subject.digest, { predicate: { number } }), [stranger]);
          source.put(bundleReferrer(subject, junk, { created: '2099-01-01T00:00:00Z' }));
        }
        const rules = [rule([required('signature')], { override: [release.signer] })];
        expect((await prove(rules)).proven).toBe(true);
      });
    },
  );
});

it('reports requirements that are not enforced, and does not hold the release', async () => {
  source.put(attest(subject, release));
  const proof = await prove([
    rule([required('signature'), required('sbom', [ci.signer], { enforce: false })]),
  ]);
  expect({ proven: proof.proven, missing: missingOf(proof) }).toEqual({
    proven: true,
    missing: [],
  });
  expect(unenforcedOf(proof)).toEqual(['api requires sbom by ci']);
});

describe('approvals and overrides', () => {
  const place = { rule: 'api', source: 'us-docker.pkg.dev/vendor/api', tag: 'v1' };
  const approve = (predicate: object, by = release) =>
    attest(subject, by, { predicateType: APPROVAL, predicate });
  const override = (changed: object = {}, by = release) =>
    attest(subject, by, {
      predicateType: OVERRIDE,
      predicate: { ...place, expires: '2026-11-28T00:00:00Z', why: 'rollback', ...changed },
    });
  const approved = rule([required('approval')]);
  const overridable = rule([required('signature', [ci.signer])], { override: [release.signer] });

  it('an approval counts for its rule, its source and its tag alone', async () => {
    source.put(
      approve({ ...place, rule: 'web' }),
      approve({ ...place, source: 'gcr.io/vendor/api' }),
      approve({ ...place, tag: 'v10' }),
      approve({ ...place, tag: undefined }),
    );
    const [told = ''] = await found(approved);
    expect(told.split('; ').sort()).toEqual([
      'approval by release for the rule api and gcr.io/vendor/api:v1 alone',
      'approval by release for the rule api and us-docker.pkg.dev/vendor/api:v10 alone',
      'approval by release for the rule web and us-docker.pkg.dev/vendor/api:v1 alone',
      'approval by release that names no tag',
    ]);
    source.put(approve(place));
    expect((await prove([approved])).proven).toBe(true);
  });

  it('reads statements once, and evaluates them for each tag', async () => {
    source.put(
      approve({ ...place, tag: 'v60' }),
      approve({ ...place, tag: 'v61' }),
      attest(subject, ci, { annotations: { tag: 'v61' } }),
    );
    const tagged = required('signature', [ci.signer], { where: [where('/tag', '${tag}')] });
    const rules = [rule([required('approval')]), rule([tagged], { rule: 'web' })];
    const statements = await createProver()({ source, subject: subject.digest, rules, now });
    const { requests } = source;
    const read = requests.length;
    const provenUnder = (tag: string) =>
      statements.underTag(tag).rules.flatMap((one) => (one.proven ? [one.rule] : []));
    expect(provenUnder('v60')).toEqual(['api']);
    expect(provenUnder('v61')).toEqual(['api', 'web']);
    expect(provenUnder('v960')).toStrictEqual([]);
    expect(statements.underAnyTag().proven).toBe(true);
    expect(missingOf(statements.underTag('v960'))).toContain(
      'web requires signature by ci: found signature by ci whose /tag is "v61"',
    );
    expect(requests).toHaveLength(read);
    expect(statements.underTag('v60').seen.map(({ meets }) => meets.length)).toEqual(
      expect.arrayContaining([0, 0, 1]),
    );
  });

  it('for a tag that is known no more is read than it takes', async () => {
    source.put(...['v60', 'v61', 'v62'].map((tag) => approve({ ...place, tag })));
    expect((await prove([approved], { tag: 'v62' })).proven).toBe(true);
    expect(source.requests.length).toBeLessThanOrEqual(1 + 2 * 3);
  });

  it('what could not be read is not taken for absent under any tag', async () => {
    const unread = approve({ ...place, tag: 'v61' });
    source.put(approve({ ...place, tag: 'v60' }), unread);
    source.fail(unread.root.digest, answered(503, 'UNAVAILABLE'));
    const rules = [approved];
    const statements = await createProver()({ source, subject: subject.digest, rules, now });
    expect(statements.underTag('v60').proven).toBe(true);
    expect(() => statements.underTag('v61')).toThrow('503');
  });

  it('an override lets pass what is not proven, and says so', async () => {
    const attached = override();
    source.put(attached);
    const proof = await prove([overridable]);
    expect(proof).toMatchObject({
      proven: true,
      rules: [
        {
          proven: true,
          requirements: [{ met: false }],
          overrides: [
            {
              statement: attached.root.digest,
              by: 'release',
              why: 'rollback',
              expires: new Date('2026-11-28T00:00:00Z'),
            },
          ],
        },
      ],
    });
    expect(missingOf(proof)).toStrictEqual([]);
  });

  it.each([
    ['of 30 days by a clock that is five minutes ahead', '2026-12-27T12:05:00Z', true],
    ['of 30 days by a clock that is further ahead', '2026-12-27T12:05:01Z', false],
    ['in another time zone', '2026-12-27T17:05:00+05:00', true],
  ])('an override %s counts or not', async (_, expires, counts) => {
    source.put(override({ expires }));
    expect((await prove([overridable])).proven).toBe(counts);
  });

  it('does not read or report an override if all requirements are met', async () => {
    source.put(override(), attest(subject, ci));
    const proof = await prove([overridable]);
    expect(proof.rules[0]?.overrides).toBeUndefined();
    expect(source.requests).toHaveLength(3);
  });

  it.each([
    [
      'one that has expired',
      override({ expires: '2026-11-27T12:00:00Z' }),
      'override by release that expired at 2026-11-27T12:00:00.000Z',
    ],
    [
      'one without an end',
      override({ expires: undefined }),
      'override by release that has no valid expires',
    ],
    [
      'one that lasts too long',
      override({ expires: '2099-01-01T00:00:00Z' }),
      'override by release that lasts until 2099-01-01T00:00:00.000Z, longer than 30 days',
    ],
    [
      'one for another tag',
      override({ tag: 'v10' }),
      'override by release for the rule api and us-docker.pkg.dev/vendor/api:v10 alone',
    ],
    [
      'one that waives the stage',
      override({ waives: ['stage'] }),
      'override by release that waives stage alone',
    ],
    [
      'one for another rule',
      override({ rule: 'web' }),
      'override by release for the rule web and us-docker.pkg.dev/vendor/api:v1 alone',
    ],
    [
      'one by who may not',
      override({}, ci),
      expect.stringMatching(/^override by key .*, not an accepted signer$/),
    ],
  ])('%s lets nothing pass', async (_, attached, told) => {
    source.put(attached);
    expect(await found(overridable)).toEqual([told]);
  });

  it('one rule is overridden and not another', async () => {
    source.put(override());
    const web = { ...overridable, rule: 'web' };
    const proof = await prove([overridable, web]);
    expect(proof.rules.map(({ proven }) => proven)).toEqual([true, false]);
    expect(proof.proven).toBe(false);
  });

  it('an override is neither an approval nor a signature', async () => {
    source.put(override());
    expect(await found(rule([required('signature')]))).toEqual([
      'override, which nothing asks for',
    ]);
    expect(await found(approved)).toEqual(['override, which nothing asks for']);
  });
});

it('reports all attachments on request, with the known signers of each', async () => {
  const referrers = [
    attest(subject, release),
    attest(subject, ci, { predicateType: SBOM }),
    attest(subject, stranger),
    artifact({ artifactType: 'application/vnd.example.junk', subject }),
  ];
  source.put(...referrers, besideTag(subject.digest, 'sig', [simpleSigning(subject.digest, ci)]));
  const all = [release.signer, ci.signer];
  const { seen } = await prove([rule()], { all });
  const { fingerprint } = stranger;
  expect(
    seen.map(({ by, meets, predicateType, problem }) => [predicateType, by, meets.length, problem]),
  ).toEqual([
    [SIGNATURE, [], 0, `by key ${fingerprint.slice(0, 12)}…, not an accepted signer`],
    [SIGNATURE, ['release'], 1, undefined],
    [SIGNATURE, ['ci'], 0, 'by ci, whom this rule does not ask for it'],
    [SBOM, ['ci'], 0, undefined],
    [undefined, [], 0, 'that holds nothing signed'],
  ]);
});
