import { createSigstore, type SigningOptions } from '../../support/sigstore';
import { blob, type Image } from '../../../local/images/content';
import { artifact, image, index } from '../../../local/images/image';
import { push } from '../../../local/images/push';
import type { RegistryClient } from '../../../shared/oci/client';
import type { Descriptor } from '../../../shared/oci/descriptor';
import {
  attest,
  besideTag,
  bundleOf,
  bundleReferrer,
  oldAttestation,
  simpleSigning,
  statementOf,
  type Claim,
  type Party,
} from '../../support/parties';
import { bindings } from './bindings';
import { attestBy, KEYS, parties, sign, stranger, type Key } from './command';

/** What cosign and the relay each say of what is attached to an image. */
export interface Input {
  readonly name: string;
  /** What is to be pushed, or what has been done. */
  readonly attach: (
    subject: Subject,
    client: RegistryClient,
  ) => Promise<unknown> | readonly Image[];
  /** By whom it should be: a key, or the workflow of {@link workflow}. Default: P-256. */
  readonly by?: Key | 'workflow';
  /** The statement, and cosign's name of its type; default: a signature. */
  readonly asked?: readonly [statement: string, type: string];
  /** Default: the embedded one, which has the referrers API. */
  readonly at?: 'without the API';
  /** What the relay asks of a signature besides, as rules.yaml has it. */
  readonly binds?: {
    readonly identity?: readonly string[];
    readonly where?: Readonly<Record<string, readonly string[]>>;
  };
  /** More for `cosign verify`. */
  readonly flags?: readonly string[];
  readonly verdict: Verdict | { readonly cosign: Verdict; readonly relay: Verdict };
}
export type Verdict = 'proven' | 'refused';

export interface Subject extends Descriptor {
  readonly registry: string;
  readonly repository: string;
}

const PROVENANCE = 'https://slsa.dev/provenance/v1';
const OLD = ['--new-bundle-format=false'];
const OLD_REFERRER = [...OLD, '--registry-referrers-mode=oci-1-1'];
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const release = parties['P-256'];
const other = image({ config: { seed: 'another image' } }).root;
export const workflow = {
  issuer: 'https://token.actions.githubusercontent.com',
  identity: 'https://github.com/vendor/api/.github/workflows/release.yml@refs/tags/v1.4.2',
};
export const sigstore = createSigstore();

/** What `cosign verify --key` takes for granted is SHA-256, whatever it has signed with itself. */
const DIGESTS: Partial<Record<Key, readonly string[]>> = {
  'P-384': ['--signature-digest-algorithm=sha384'],
  'P-521': ['--signature-digest-algorithm=sha512'],
};
/** With a key of Ed25519 it signs Ed25519ph, and verifies Ed25519: its own signatures hold for nobody. */
const verdictOn = (key: Key): Verdict => (key === 'ed25519' ? 'refused' : 'proven');

const signatures: readonly Input[] = KEYS.flatMap((key) => {
  const flags = DIGESTS[key] ?? [];
  const verdict = verdictOn(key);
  return [
    { name: `cosign sign with ${key}`, by: key, attach: sign(key), flags, verdict },
    {
      name: `cosign sign with ${key}, in the old form`,
      by: key,
      attach: sign(key, OLD),
      flags,
      verdict,
    },
    {
      name: `cosign sign with ${key}, in the old form as a referrer`,
      by: key,
      attach: sign(key, OLD_REFERRER),
      flags: ['--experimental-oci11', ...OLD, ...flags],
      verdict,
    },
  ];
});

/** The relay takes the hash that the key wants, and SHA-256. */
const digests: readonly Input[] = (['P-384', 'P-521'] as const).map((key) => ({
  name: `cosign sign with ${key}, verified without saying its hash`,
  by: key,
  attach: sign(key),
  verdict: { cosign: 'refused', relay: 'proven' },
}));

const withoutApi: readonly Input[] = [[], OLD].map((flags) => ({
  name: `cosign sign ${flags.join(' ')}`,
  at: 'without the API',
  attach: sign('P-256', flags),
  verdict: 'proven',
}));

const attestations: readonly Input[] = (
  [
    ['provenance', 'slsaprovenance1'],
    ['sbom', 'spdxjson'],
    ['sbom', 'cyclonedx'],
    ['vulnerabilities', 'vuln'],
    ['https://example.com/licences/v1', 'https://example.com/licences/v1'],
  ] as const
).flatMap((asked) => [
  {
    name: `cosign attest --type ${asked[1]}`,
    asked,
    attach: attestBy('P-256', asked[1]),
    verdict: 'proven',
  },
  {
    name: `cosign attest --type ${asked[1]}, in the old form`,
    asked,
    attach: attestBy('P-256', asked[1], OLD),
    verdict: 'proven',
  },
]);

const by =
  (...signers: readonly Party[]) =>
  (subject: Subject): readonly Image[] => [
    bundleReferrer(subject, bundleOf(statementOf(subject.digest), signers)),
  ];
const oldBy =
  (...signers: readonly Party[]) =>
  ({ digest }: Subject): readonly Image[] => [
    besideTag(
      digest,
      'sig',
      signers.map((one) => simpleSigning(digest, one)),
    ),
  ];
const claim =
  (written: Claim, one = release) =>
  (subject: Subject): readonly Image[] => [attest(subject, one, written)];
const together =
  (...all: readonly ((subject: Subject) => readonly Image[])[]) =>
  (subject: Subject): readonly Image[] =>
    all.flatMap((attach) => attach(subject));
const raw =
  (change: (bundle: string) => string) =>
  (subject: Subject): readonly Image[] => {
    const bundle = bundleOf(statementOf(subject.digest), [release]).toString();
    return [bundleReferrer(subject, Buffer.from(change(bundle)))];
  };
const junk = (subject: Subject): readonly Image[] => [
  artifact({ artifactType: 'application/vnd.example.junk', subject }),
  ...raw((bundle) => bundle.slice(0, 99))(subject),
];
const provenance = ['provenance', 'slsaprovenance1'] as const;
const attestation = { predicateType: PROVENANCE };

/** Signs an index of which the image is a child. */
function signIndex(...flags: readonly string[]) {
  return async ({ registry, repository, ...subject }: Subject): Promise<void> => {
    const child: Image = { root: subject, blobs: [], manifests: [] };
    const platform = { os: 'linux', architecture: 'amd64' };
    const whole = index({ entries: [{ image: child, platform }] });
    await push(whole, { registry, repository });
    await sign('P-256', flags)({ ...whole.root, registry, repository });
  };
}

const certified =
  (signer = workflow, options: SigningOptions = {}) =>
  async (subject: Subject): Promise<readonly Image[]> => {
    const bundle = await (await sigstore).bundle(statementOf(subject.digest), signer, options);
    return [bundleReferrer(subject, Buffer.from(JSON.stringify(bundle)))];
  };

const keyless: readonly Input[] = [
  {
    name: 'a workflow, by the time of the log',
    by: 'workflow',
    attach: certified(),
    verdict: 'proven',
  },
  {
    name: 'a workflow, by a timestamp',
    by: 'workflow',
    attach: certified(workflow, { timeBy: 'both' }),
    flags: ['--use-signed-timestamps'],
    verdict: 'proven',
  },
  {
    name: 'a workflow whose certificate had expired',
    by: 'workflow',
    attach: certified(workflow, { minutes: 11 }),
    verdict: 'refused',
  },
  {
    name: 'another workflow',
    by: 'workflow',
    attach: certified({ ...workflow, identity: `${workflow.identity}/evil` }),
    verdict: 'refused',
  },
  {
    name: 'the same workflow of another issuer',
    by: 'workflow',
    attach: certified({ ...workflow, issuer: 'https://evil.example' }),
    verdict: 'refused',
  },
  {
    name: 'a workflow, in the old form',
    by: 'workflow',
    attach: async ({ digest }) => [
      besideTag(digest, 'sig', [await (await sigstore).simpleSigning(digest, workflow)]),
    ],
    verdict: 'proven',
  },
];

const made: readonly Input[] = [
  { name: 'nothing', attach: () => [], verdict: 'refused' },
  ...KEYS.map((key): Input => ({
    name: `a bundle by ${key}`,
    by: key,
    attach: by(parties[key]),
    flags: DIGESTS[key] ?? [],
    verdict: 'proven',
  })),
  {
    name: 'an old signature by Ed25519',
    by: 'ed25519',
    attach: oldBy(parties.ed25519),
    verdict: 'proven',
  },
  { name: 'a signature by another key', attach: sign('stranger'), verdict: 'refused' },
  { name: 'an old one by another key', attach: sign('stranger', OLD), verdict: 'refused' },
  {
    name: 'two signatures, of which one is ours',
    attach: together(by(stranger), by(release)),
    verdict: 'proven',
  },
  {
    name: 'two old ones, of which one is ours',
    attach: oldBy(stranger, release),
    verdict: 'proven',
  },
  { name: 'junk beside a signature', attach: together(junk, by(release)), verdict: 'proven' },
  { name: 'junk alone', attach: junk, verdict: 'refused' },
  {
    name: 'a signature of another image',
    attach: claim({ subjects: [other.digest] }),
    verdict: 'refused',
  },
  {
    name: 'an old one of another image',
    attach: ({ digest }) => [besideTag(digest, 'sig', [simpleSigning(other.digest, release)])],
    verdict: 'refused',
  },
  {
    name: 'a statement about two images',
    attach: (subject) => claim({ subjects: [other.digest, subject.digest] })(subject),
    verdict: 'proven',
  },
  { name: 'a statement about nothing', attach: claim({ subjects: [] }), verdict: 'refused' },
  {
    name: 'a bundle cut in two',
    attach: raw((bundle) => bundle.slice(0, 300)),
    verdict: 'refused',
  },
  {
    name: 'the right payload under another type',
    attach: claim({ payloadType: 'text/plain' }),
    verdict: 'refused',
  },
  {
    name: 'a payload whose type was changed afterwards',
    attach: (subject) => [
      bundleReferrer(
        subject,
        Buffer.from(
          bundleOf(statementOf(subject.digest), [release], 'text/plain')
            .toString()
            .replace('text/plain', 'application/vnd.in-toto+json'),
        ),
      ),
    ],
    verdict: 'refused',
  },
  {
    name: 'a signature that is labelled an SBOM, under a type of its own',
    attach: (subject) => [
      artifact({
        artifactType: 'application/vnd.example.custom',
        blobs: [blob(bundleOf(statementOf(subject.digest), [release]), BUNDLE)],
        annotations: { 'dev.sigstore.bundle.predicateType': 'https://spdx.dev/Document' },
        subject,
      }),
    ],
    verdict: 'proven',
  },
  {
    name: 'provenance by another key',
    asked: provenance,
    attach: claim(attestation, stranger),
    verdict: 'refused',
  },
  {
    name: 'an SBOM where provenance is asked for',
    asked: provenance,
    attach: claim({ predicateType: 'https://spdx.dev/Document' }),
    verdict: 'refused',
  },
  {
    name: 'a signature where provenance is asked for',
    asked: provenance,
    attach: by(release),
    verdict: 'refused',
  },
  {
    name: 'old provenance of another image',
    asked: provenance,
    attach: ({ digest }) => [
      besideTag(digest, 'att', [oldAttestation(other.digest, release, attestation)]),
    ],
    verdict: 'refused',
  },
  { name: 'a child of an index that alone is signed', attach: signIndex(), verdict: 'refused' },
  {
    name: 'a child of an index that is signed with its children',
    attach: signIndex('--recursive'),
    verdict: 'proven',
  },
];

/** Where they differ, and why. */
const differences: readonly Input[] = [
  ...digests,
  {
    // cosign asks for some statement by the key; the relay for one that says that the image is signed.
    name: 'an attestation where a signature is asked for',
    attach: claim(attestation),
    verdict: { cosign: 'proven', relay: 'refused' },
  },
  {
    // cosign looks at old signatures only where there is no bundle at all: anybody's bundle hides them.
    name: 'an old signature behind a bundle by another key',
    attach: together(by(stranger), oldBy(release)),
    verdict: { cosign: 'refused', relay: 'proven' },
  },
  {
    // The bundle's specification wants one signature; DSSE says that one that verifies is enough.
    name: 'a bundle of two signatures, of which one is ours',
    attach: by(stranger, release),
    verdict: { cosign: 'refused', relay: 'proven' },
  },
  {
    // What was once a bundle of an older version says as much as a new one, where a key is asked for.
    name: 'a bundle of version 0.1',
    attach: raw((bundle) => bundle.replace('bundle.v0.3+json', 'bundle+json;version=0.1')),
    verdict: { cosign: 'refused', relay: 'proven' },
  },
];

export const inputs = [
  ...signatures,
  ...withoutApi,
  ...attestations,
  ...made,
  ...keyless,
  ...differences,
  ...bindings,
];
