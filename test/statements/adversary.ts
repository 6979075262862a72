import { blob, type DescribedBlob, type Image } from '../../local/images/content';
import { artifact, image } from '../../local/images/image';
import type { Descriptor } from '../../shared/oci/descriptor';
import { parseJsonPointer, parsePattern } from '../../shared/statements/pattern';
import {
  APPROVAL,
  OVERRIDE,
  SIGNATURE,
  type Requirement,
  type RuleRequirements,
} from '../../shared/statements/requirement';
import type { KeylessSigner, Signer } from '../../shared/statements/signers/signer';
import { parseTrustedRoot } from '../../shared/statements/signers/trusted-root';
import { anyText, parseGlob } from '../../shared/text/glob';
import {
  besideTag,
  bundleOf,
  bundleReferrer,
  createParty,
  oldAttestation,
  oldReferrer,
  simpleSigning,
  statementOf,
  type Claim,
  type Party,
} from '../support/parties';
import type { Random } from '../support/random';
import { createSigstore, type Sigstore } from '../support/sigstore';
import { createMemorySource, type MemorySource } from '../support/statement-source';

/** A release as somebody might push it, and whether it may go out. */
export interface GeneratedRelease {
  readonly source: MemorySource;
  readonly subject: Descriptor;
  readonly rules: readonly RuleRequirements[];
  readonly now: Date;
  /** By rule, for each requirement, whether it is met. */
  readonly met: readonly (readonly boolean[])[];
  readonly proven: boolean;
  readonly truths: readonly Truth[];
  /** What is attached, for people. */
  readonly story: readonly string[];
}

const NOW = new Date('2026-11-27T12:00:00Z');
const PROVENANCE = 'https://slsa.dev/provenance/v1';
const SBOM = 'https://spdx.dev/Document';
const TYPES = {
  signature: SIGNATURE,
  provenance: PROVENANCE,
  sbom: SBOM,
  approval: APPROVAL,
} as const;
type Statement = keyof typeof TYPES;

const ISSUER = 'https://token.actions.githubusercontent.com';
const WORKFLOW = 'https://github.com/vendor/api/.github/workflows/release.yml@refs/tags';
/** The tag that is asked about. */
export const TAG = 'v60';
const PLACE = { rule: 'api', source: 'us-docker.pkg.dev/vendor/api', tag: TAG };
const BUILT_BY_VENDOR = {
  pointer: parseJsonPointer('/buildDefinition/buildType'),
  patterns: [parsePattern('https://github.com/vendor/*')],
};
const BUILT = { buildDefinition: { buildType: 'https://github.com/vendor/build@v1' } };

/** Makes releases, the same from the same chance. */
export async function createAdversary(): Promise<(random: Random) => GeneratedRelease> {
  const parties = ['P-256', 'ed25519'].map((type) => createParty(type, type));
  const stranger = createParty('stranger');
  const sigstores = { ours: await createSigstore(), others: await createSigstore() };
  const subjects = ['one', 'two', 'three'].map((seed) => image({ config: { seed } }).root);
  const [other] = [image({ config: { seed: 'another' } }).root];
  const certified = await certify(subjects, other, sigstores);
  const workflow: KeylessSigner = {
    kind: 'keyless',
    name: 'workflow',
    issuer: ISSUER,
    identity: parseGlob(`${WORKFLOW}/*`, anyText),
    trustedRoot: parseTrustedRoot(sigstores.ours.trustedRoot),
  };
  return (random) => generate(random, { parties, stranger, subjects, other, certified, workflow });
}

interface Cast {
  readonly parties: readonly Party[];
  /** Whom no rule names. */
  readonly stranger: Party;
  readonly subjects: readonly Descriptor[];
  readonly other: Descriptor;
  readonly workflow: KeylessSigner;
  readonly certified: ReadonlyMap<string, Certificates>;
}

/** Signatures of workflows, made beforehand: they take long. */
interface Certificates {
  readonly good: Buffer;
  readonly bad: readonly (readonly [story: string, bundle: Buffer])[];
}

async function certify(
  subjects: readonly Descriptor[],
  other: Descriptor,
  { ours, others }: { readonly ours: Sigstore; readonly others: Sigstore },
): Promise<ReadonlyMap<string, Certificates>> {
  const by = { issuer: ISSUER, identity: `${WORKFLOW}/v1` };
  const all = subjects.map(async ({ digest }) => {
    const payload = statementOf(digest);
    const bundle = async (made: Promise<object>) => Buffer.from(JSON.stringify(await made));
    const identity = (text: string) => bundle(ours.bundle(payload, { ...by, identity: text }));
    const elsewhere = { ...by, issuer: `${ISSUER}.evil.example` };
    const bad = [
      ['an expired certificate', await bundle(ours.bundle(payload, by, { minutes: 11 }))],
      [
        'an identity that contains the right one',
        await identity(`https://evil.example/${WORKFLOW}/v1`),
      ],
      ['an identity that goes on after it', await identity(`${WORKFLOW}/v1/evil`)],
      ['another issuer', await bundle(ours.bundle(payload, elsewhere))],
      ['another Sigstore', await bundle(others.bundle(payload, by))],
      ['the workflow, of another image', await bundle(ours.bundle(statementOf(other.digest), by))],
    ] as const;
    return [digest, { good: await bundle(ours.bundle(payload, by)), bad }] as const;
  });
  return new Map(await Promise.all(all));
}

/** What is truly said, whatever lies about it: by whom, of what type, and what of it rules may ask. */
interface Truth {
  readonly statement: Statement | 'override';
  readonly signer: Signer;
  readonly isBuilt: boolean;
  readonly rule: string;
  /** What carries it, and takes it away with whatever else it carries. */
  readonly carrier: unknown;
  readonly remove: (source: MemorySource) => void;
}

/** A release that is being made. */
interface Making extends Cast {
  readonly random: Random;
  readonly source: MemorySource;
  readonly subject: Descriptor;
  readonly truths: Truth[];
  readonly story: string[];
  /** Layers of the tags of cosign 2. */
  readonly beside: Readonly<Record<'sig' | 'att', DescribedBlob[]>>;
}

function generate(random: Random, cast: Cast): GeneratedRelease {
  const making: Making = {
    ...cast,
    random,
    source: createMemorySource({ api: random.chance(0.5), annotations: random.chance(0.6) }),
    subject: random.pick(cast.subjects),
    truths: [],
    story: [],
    beside: { sig: [], att: [] },
  };
  const rules = rulesOf(making);
  const deeds = [
    ...rules.flatMap((rule) =>
      rule.requirements
        .filter(() => random.chance(0.7))
        .map((one) => () => tellTruth(one, rule.rule, making)),
    ),
    ...rules
      .filter(({ override }) => override.length > 0 && random.chance(0.3))
      .map(
        ({ rule }) =>
          () =>
            overrule(rule, making),
      ),
    ...Array.from({ length: Math.floor(random.between(0, 6)) }, () => () => tellLie(making)),
  ];
  for (const deed of random.shuffle(deeds)) deed();
  for (const kind of ['sig', 'att'] as const) {
    const layers = random.shuffle(making.beside[kind]);
    if (layers.length > 0) making.source.put(besideTag(making.subject.digest, kind, layers));
  }
  const { source, story, subject, truths } = making;
  return { source, subject, rules, now: NOW, story, truths, ...judge(rules, truths) };
}

/** What a proof should say, by the truth alone. */
export function judge(
  rules: readonly RuleRequirements[],
  truths: readonly Truth[],
): Pick<GeneratedRelease, 'met' | 'proven'> {
  const met = rules.map(({ requirements, rule }) =>
    requirements.map(({ by, statement, where }) =>
      truths.some(
        (truth) =>
          truth.statement === statement &&
          by.includes(truth.signer) &&
          (where.length === 0 || truth.isBuilt) &&
          (statement !== 'approval' || truth.rule === rule),
      ),
    ),
  );
  const isProven = ({ override, requirements, rule }: RuleRequirements, index: number): boolean =>
    requirements.every(({ enforce }, at) => !enforce || met[index]?.[at] === true) ||
    truths.some(
      (truth) =>
        truth.statement === 'override' && truth.rule === rule && override.includes(truth.signer),
    );
  return { met, proven: rules.every(isProven) };
}

function rulesOf({ parties, random, workflow }: Making): readonly RuleRequirements[] {
  const some = (all: readonly Signer[]): readonly Signer[] =>
    random.shuffle(all).slice(0, Math.floor(random.between(1, all.length + 1)));
  const keys = parties.map(({ signer }) => signer);
  // Certificates take long to verify.
  const signers = random.chance(0.1) ? [...keys, workflow] : keys;
  const requirement = (): Requirement => {
    const statement = random.pick([
      'signature',
      'signature',
      'provenance',
      'sbom',
      'approval',
    ] as const);
    const where = statement === 'provenance' && random.chance(0.5) ? [BUILT_BY_VENDOR] : [];
    const by = some(statement === 'signature' ? signers : keys);
    return { statement, by, identity: [], where, enforce: random.chance(0.85) };
  };
  const names = random.chance(0.3) ? ['api', 'web'] : ['api'];
  return names.map((rule) => ({
    rule,
    requirements: Array.from({ length: Math.floor(random.between(1, 4)) }, requirement),
    override: random.chance(0.3) ? some(keys) : [],
  }));
}

/** Attaches what meets a requirement, in any form that it may have. */
function tellTruth({ by, statement, where }: Requirement, rule: string, making: Making): void {
  const { certified, parties, random, subject } = making;
  const signer = random.pick(by);
  const isBuilt = where.length > 0 || random.chance(0.5);
  making.story.push(`${statement} by ${signer.name}`);
  const truth = { statement: statement as Statement, signer, isBuilt, rule };
  const party = parties.find((one) => one.signer === signer);
  if (party) {
    const predicate = predicateOf(truth.statement, isBuilt, rule);
    attach({ predicateType: TYPES[truth.statement], predicate }, party, making, truth);
  } else {
    const { good } = certified.get(subject.digest) ?? never();
    put(bundleReferrer(subject, good, labels(making)), making, truth);
  }
}

function predicateOf(statement: Statement, isBuilt: boolean, rule: string): object {
  if (statement === 'approval') return { ...PLACE, rule };
  return statement === 'provenance' && isBuilt ? BUILT : {};
}

function overrule(rule: string, making: Making): void {
  const { parties, random } = making;
  const party = random.pick(parties);
  making.story.push(`override by ${party.signer.name}`);
  const predicate = { ...PLACE, rule, expires: '2026-11-27T13:00:00Z', why: 'rollback' };
  const truth = { statement: 'override', signer: party.signer, isBuilt: false, rule } as const;
  attach({ predicateType: OVERRIDE, predicate }, party, making, truth);
}

/** Attaches a claim in one of the forms, about this image or about others, too. */
function attach(
  claim: Claim,
  party: Party,
  making: Making,
  truth?: Omit<Truth, 'carrier' | 'remove'>,
): void {
  const { beside, other, random, stranger, subject } = making;
  const isSignature = claim.predicateType === SIGNATURE;
  const form = random.pick(['bundle', 'bundle', 'tag', 'referrer'] as const);
  if (form === 'tag') {
    const kind = isSignature ? 'sig' : 'att';
    const layer = isSignature
      ? simpleSigning(claim.subjects?.[0] ?? subject.digest, party)
      : oldAttestation(subject.digest, party, claim);
    beside[kind].push(layer);
    const remove: Truth['remove'] = (source) => {
      const left = beside[kind].filter((one) => one !== layer);
      source.put(besideTag(subject.digest, kind, left));
    };
    if (truth) making.truths.push({ ...truth, carrier: layer, remove });
  } else if (form === 'referrer' && isSignature) {
    put(
      oldReferrer(subject, [simpleSigning(claim.subjects?.[0] ?? subject.digest, party)]),
      making,
      truth,
    );
  } else {
    const subjects =
      claim.subjects ?? (random.chance(0.2) ? [other.digest, subject.digest] : [subject.digest]);
    const signers = random.chance(0.1) ? [stranger, party] : [party];
    const bundle = bundleOf(
      statementOf(subject.digest, { ...claim, subjects }),
      signers,
      claim.payloadType,
    );
    put(bundleReferrer(subject, bundle, labels(making, claim.predicateType)), making, truth);
  }
}

/** Labels may lie, and may be left out. */
function labels({ random }: Making, predicateType: string = SIGNATURE) {
  const said = random.chance(0.15) ? random.pick([SIGNATURE, SBOM, PROVENANCE]) : predicateType;
  const created = new Date(Math.floor(random.between(0, 2 ** 40))).toISOString();
  return { predicateType: said, created, bare: random.chance(0.2) };
}

function put(image: Image, making: Making, truth?: Omit<Truth, 'carrier' | 'remove'>): void {
  making.source.put(image);
  const carrier = image.root.digest;
  const remove: Truth['remove'] = (source) => source.remove(carrier);
  if (truth) making.truths.push({ ...truth, carrier, remove });
}

/** Attaches what proves nothing, and may hide what does. */
function tellLie(making: Making): void {
  const [story, tell] = making.random.pick(LIES);
  making.story.push(story);
  tell(making);
}

const forgery = ({ parties, random }: Making): Party => random.pick(parties);
const raw = (making: Making, bundle: Buffer | string): void =>
  put(bundleReferrer(making.subject, Buffer.from(bundle), labels(making)), making);

const LIES: readonly (readonly [story: string, tell: (making: Making) => void])[] = [
  [
    'a signature by a stranger',
    (making) => attach({ predicateType: SIGNATURE }, making.stranger, making),
  ],
  [
    'a statement by a stranger',
    (making) => {
      const statement = making.random.pick(['provenance', 'sbom', 'approval'] as const);
      const predicate = predicateOf(statement, true, 'api');
      attach({ predicateType: TYPES[statement], predicate }, making.stranger, making);
    },
  ],
  [
    'a signature of another image',
    (making) =>
      attach(
        { predicateType: SIGNATURE, subjects: [making.other.digest] },
        forgery(making),
        making,
      ),
  ],
  [
    'an approval elsewhere',
    (making) => {
      const predicate = {
        ...PLACE,
        ...making.random.pick([
          { source: 'us-docker.pkg.dev/vendor/api-fork' },
          { source: 'api' },
          { source: 'gcr.io/vendor/api' },
          { tag: 'v960' },
          { tag: undefined },
        ]),
      };
      attach({ predicateType: APPROVAL, predicate }, forgery(making), making);
    },
  ],
  [
    'an override that has expired',
    (making) => {
      const predicate = { ...PLACE, expires: '2026-11-27T11:59:59Z', why: 'yesterday' };
      attach({ predicateType: OVERRIDE, predicate }, forgery(making), making);
    },
  ],
  [
    'an override that lasts too long, gives no reason or waives something else',
    (making) => {
      const good = { ...PLACE, expires: '2026-11-28T00:00:00Z', why: 'rollback' };
      const wrong = making.random.pick([
        { expires: '2099-01-01T00:00:00Z' },
        { why: '\u200B' },
        { waives: ['stage'] },
        { tag: 'v6' },
        { tag: undefined },
      ]);
      attach(
        { predicateType: OVERRIDE, predicate: { ...good, ...wrong } },
        forgery(making),
        making,
      );
    },
  ],
  [
    'an override by a stranger',
    (making) => {
      const predicate = { ...PLACE, expires: '2027-11-27T00:00:00Z', why: 'mine' };
      attach({ predicateType: OVERRIDE, predicate }, making.stranger, making);
    },
  ],
  [
    'an attestation of no type that is asked for',
    (making) => attach({ predicateType: 'https://example.com/test/v1' }, forgery(making), making),
  ],
  [
    'the right payload under the wrong type',
    (making) => {
      const by = forgery(making);
      raw(making, bundleOf(statementOf(making.subject.digest), [by], 'application/json'));
    },
  ],
  [
    'a bundle cut in two',
    (making) => {
      const bundle = bundleOf(statementOf(making.subject.digest), [forgery(making)]);
      raw(making, bundle.subarray(0, Math.floor(making.random.between(0, bundle.length - 1))));
    },
  ],
  [
    'a bundle in which one character is another',
    (making) => {
      const bundle = JSON.parse(
        bundleOf(statementOf(making.subject.digest), [forgery(making)]).toString(),
      ) as {
        dsseEnvelope: { payload: string };
      };
      const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64');
      const at = Math.floor(making.random.between(0, payload.length));
      payload[at] = (payload[at] ?? 0) ^ (1 << Math.floor(making.random.between(0, 7)));
      const dsseEnvelope = { ...bundle.dsseEnvelope, payload: payload.toString('base64') };
      raw(making, JSON.stringify({ ...bundle, dsseEnvelope }));
    },
  ],
  [
    'a signature moved to another payload',
    (making) => {
      const { other, subject } = making;
      const by = forgery(making);
      const [its, mine] = [other, subject].map(
        ({ digest }) =>
          JSON.parse(bundleOf(statementOf(digest), [by]).toString()) as {
            dsseEnvelope: { payload: string; signatures: unknown };
          },
      );
      const { signatures } = its?.dsseEnvelope ?? never();
      raw(making, JSON.stringify({ ...mine, dsseEnvelope: { ...mine?.dsseEnvelope, signatures } }));
    },
  ],
  [
    'an old signature with another one’s payload',
    (making) => {
      const { descriptor } = simpleSigning(making.other.digest, forgery(making));
      const { blob: content } = simpleSigning(making.subject.digest, making.stranger);
      making.beside.sig.push(
        blob(content.content as Uint8Array, descriptor.mediaType, {
          annotations: descriptor.annotations ?? {},
        }),
      );
    },
  ],
  [
    'junk',
    (making) => raw(making, making.random.pick(['', '{}', '[]', 'null', '{"mediaType":1}', 'ÿ'])),
  ],
  [
    'junk of another type',
    (making) =>
      put(
        artifact({ artifactType: 'application/vnd.example.junk', subject: making.subject }),
        making,
      ),
  ],
  [
    'what lies at the tag and is no signature',
    (making) => {
      making.beside.sig.push(
        blob(Buffer.from('{"critical":1}'), 'application/vnd.dev.cosign.simplesigning.v1+json'),
      );
      making.beside.att.push(blob(Buffer.from('[]'), 'application/vnd.dsse.envelope.v1+json'));
    },
  ],
  [
    'a certificate that is not the workflow’s',
    (making) => {
      const { bad } = making.certified.get(making.subject.digest) ?? never();
      const [story, bundle] = making.random.pick(bad);
      making.story.push(story);
      raw(making, bundle);
    },
  ],
  [
    'a referrer that is gone',
    (making) => {
      const gone = bundleReferrer(making.subject, Buffer.from('{}'));
      making.source.put({ ...gone, blobs: [] });
    },
  ],
];

function never(): never {
  throw new Error('made for every subject');
}
