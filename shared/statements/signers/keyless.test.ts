import { image } from '../../../local/images/image';
import { besideTag, bundleReferrer, createParty, statementOf } from '../../../test/support/parties';
import { createMemorySource, type MemorySource } from '../../../test/support/statement-source';
import { createSigstore, type Sigstore, type SigningOptions } from '../../../test/support/sigstore';
import { anyText, parseGlob } from '../../text/glob';
import { missingOf } from '../proof';
import { createProver } from '../prove';
import type { KeylessSigner, Signer } from './signer';
import { parseTrustedRoot } from './trusted-root';

const subject = image().root;
const other = image({ config: { seed: 'other' } }).root;
const ISSUER = 'https://token.actions.githubusercontent.com';
const WORKFLOW = 'https://github.com/vendor/api/.github/workflows/release.yml@refs/tags';
const workflow = { issuer: ISSUER, identity: `${WORKFLOW}/v1.4.2` };

let sigstore: Sigstore;
let ci: KeylessSigner;
let source: MemorySource;
beforeAll(async () => {
  sigstore = await createSigstore();
  ci = signer(sigstore);
});
beforeEach(() => {
  source = createMemorySource();
});

function signer({ trustedRoot }: Sigstore, identity = `${WORKFLOW}/*`): KeylessSigner {
  return {
    kind: 'keyless',
    name: 'ci',
    issuer: ISSUER,
    identity: parseGlob(identity, anyText),
    trustedRoot: parseTrustedRoot(trustedRoot),
  };
}

async function found(
  by: readonly Signer[] = [ci],
  statement = 'signature',
): Promise<readonly string[]> {
  const requirements = [{ statement, by, identity: [], where: [], enforce: true }];
  const rules = [{ rule: 'api', requirements, override: [] }];
  const asked = { source, subject: subject.digest, tag: 'v1', rules, now: new Date() };
  return missingOf((await createProver()(asked)).underTag('v1')).map((text) =>
    text.replace(/^.*: found /, ''),
  );
}

const signed = async (by = workflow, options?: SigningOptions, digest = subject.digest) =>
  sigstore.bundle(statementOf(digest), by, options);
const attach = (bundle: object) =>
  source.put(bundleReferrer(subject, Buffer.from(JSON.stringify(bundle))));

describe.each<SigningOptions>([{ timeBy: 'log' }, { timeBy: 'timestamp' }, { timeBy: 'both' }])(
  'an identity with a time from %j',
  (options) => {
    it('signs as cosign 3 does', async () => {
      attach(await signed(workflow, options));
      expect(await found()).toStrictEqual([]);
    });
  },
);

it.each<SigningOptions>([{ timeBy: 'log' }, { timeBy: 'both' }])(
  'signs as cosign 2 does: %j',
  async (options) => {
    source.put(
      besideTag(subject.digest, 'sig', [
        await sigstore.simpleSigning(subject.digest, workflow, options),
      ]),
    );
    expect(await found()).toStrictEqual([]);
  },
);

it('attests as cosign 2 does', async () => {
  const predicateType = 'https://slsa.dev/provenance/v1';
  const payload = statementOf(subject.digest, { predicateType });
  source.put(besideTag(subject.digest, 'att', [await sigstore.attestation(payload, workflow)]));
  expect(await found([ci], 'provenance')).toStrictEqual([]);
});

it('a Sigstore without logs vouches by timestamps alone', async () => {
  const without = await createSigstore({ logs: false });
  const by = [{ ...signer(without), name: 'without' }];
  attach(await without.bundle(statementOf(subject.digest), workflow, { timeBy: 'timestamp' }));
  expect(await found(by)).toStrictEqual([]);
  source = createMemorySource();
  attach(await without.bundle(statementOf(subject.digest), workflow));
  expect(await found(by)).toEqual([
    'signature by a certificate that proves nothing: expected 1 timestamps, got 0',
  ]);
});

it('evaluates a certificate at the time of the log', async () => {
  attach(await signed(workflow, { minutes: 9 }));
  expect(await found()).toStrictEqual([]);
});

describe('nothing is proven by', () => {
  it.each([
    ['an expired certificate', { minutes: 11 }],
    ['one that was not valid yet', { minutes: -1 }],
  ])('%s', async (_, options) => {
    attach(await signed(workflow, options));
    expect(await found()).toEqual([
      expect.stringMatching(/^signature by a certificate that proves nothing: .*certificate/),
    ]);
  });

  it.each([
    ['an identity that only contains the right one', `https://evil.example/?${WORKFLOW}/v1`],
    ['one that goes on after it', `${WORKFLOW}/v1/evil`],
    ['one of another branch', WORKFLOW.replace('tags', 'heads') + '/v1'],
  ])('%s', async (_, identity) => {
    attach(await signed({ issuer: ISSUER, identity }));
    expect(await found()).toEqual([`signature by ${identity} (${ISSUER}), not an accepted signer`]);
  });

  it('another issuer that says the same', async () => {
    attach(await signed({ ...workflow, issuer: 'https://evil.example' }));
    expect(await found()).toHaveLength(1);
    source = createMemorySource();
    attach(await signed({ ...workflow, issuer: `${ISSUER}.evil.example` }));
    expect(await found()).toHaveLength(1);
  });

  it('another Sigstore', async () => {
    const elsewhere = await createSigstore();
    attach(await elsewhere.bundle(statementOf(subject.digest), workflow));
    expect(await found()).toEqual([
      expect.stringMatching(/^signature by a certificate that proves nothing/),
    ]);
    expect(await found([ci, { ...signer(elsewhere), name: 'elsewhere' }])).toStrictEqual([]);
  });

  it('a statement about another image', async () => {
    attach(await signed(workflow, {}, other.digest));
    expect(await found()).toEqual([`signature about ${other.digest.slice(0, 19)}…`]);
  });

  it('a signature over another payload', async () => {
    const [mine, its] = await Promise.all([signed(), signed(workflow, {}, other.digest)]);
    const { dsseEnvelope } = mine as { dsseEnvelope: object };
    attach({ ...its, dsseEnvelope });
    expect(await found()).toEqual([
      expect.stringMatching(/^signature by a certificate that proves nothing/),
    ]);
  });

  it.each([
    ['no entry in the log', (material: Material) => ({ ...material, tlogEntries: [] })],
    [
      'an entry without its proof',
      (material: Material) => ({
        ...material,
        tlogEntries: material.tlogEntries.map((entry) => ({ ...entry, inclusionProof: undefined })),
      }),
    ],
    [
      'an entry whose time was changed',
      (material: Material) => ({
        ...material,
        tlogEntries: material.tlogEntries.map((entry) => ({
          ...entry,
          integratedTime: '1700000000',
        })),
      }),
    ],
    [
      'a certificate that is none',
      (material: Material) => ({ ...material, certificate: { rawBytes: 'AAAA' } }),
    ],
    ['a certificate of another form', (material: Material) => ({ ...material, certificate: [1] })],
  ])('%s', async (_, change) => {
    const bundle = (await signed()) as { verificationMaterial: Material };
    attach({ ...bundle, verificationMaterial: change(bundle.verificationMaterial) });
    expect(await found()).toEqual([
      expect.stringMatching(/^signature by a certificate that proves nothing/),
    ]);
    attach(await signed());
    expect(await found()).toStrictEqual([]);
  });

  it('an old signature without its entry in the log', async () => {
    const { descriptor, blob } = await sigstore.simpleSigning(subject.digest, workflow);
    const annotations = Object.fromEntries(
      Object.entries(descriptor.annotations ?? {}).filter(([key]) => !key.endsWith('/bundle')),
    );
    source.put(
      besideTag(subject.digest, 'sig', [{ blob, descriptor: { ...descriptor, annotations } }]),
    );
    expect(await found()).toHaveLength(1);
  });

  it('a certificate where a key is asked for, and a key where an identity is', async () => {
    const key = createParty('key').signer;
    attach(await signed());
    expect(await found([key])).toEqual([
      'signature by a certified identity, where a key is asked for',
    ]);
  });
});

interface Material {
  readonly tlogEntries: readonly object[];
}

it('reports a root that cannot be used, instead of treating the statement as invalid', async () => {
  const broken = JSON.stringify({
    ...(JSON.parse(sigstore.trustedRoot) as object),
    tlogs: [
      { baseUrl: 'https://log.example', publicKey: { rawBytes: 'AAAA' }, logId: { keyId: 'AAAA' } },
    ],
  });
  attach(await signed());
  await expect(found([{ ...ci, trustedRoot: parseTrustedRoot(broken) }])).rejects.toThrow(
    'has a key or a certificate that cannot be read',
  );
});
