import { createSampleSigner } from '../../../local/images/signing';
import { SubjectUntaggedError } from '../../copying/errors';
import { jobsIn } from '../../jobs/events';
import { digestOf, digestHex } from '../../oci/digest';
import { formatReference } from '../../oci/reference';
import type { Proof } from '../../statements/proof';
import {
  APPROVAL,
  OVERRIDE,
  SIGNATURE,
  STAGE,
  type RuleRequirements,
} from '../../statements/requirement';
import { formatArtifact } from '../references';
import { parseRules } from '../rules';
import { planPush } from './event';
import type { SourceLookups } from './late-referrer';

const PROVENANCE = 'https://slsa.dev/provenance/v1';
const subject = digestOf(Buffer.from('the release'));
const pushed = digestOf(Buffer.from('a statement'));
const { publicKey } = createSampleSigner('release');

const parse = (text: string) => parseRules(text, 'rules.yaml', () => publicKey);
const head = (targets: string) => `
targets: { ${targets} }
signers: { release: { key: release.pub } }
rules:`;
const rules =
  parse(`${head('acme: { repository: gcr.io/acme }, globex: { repository: gcr.io/globex }')}
  - { name: lax, source: gcr.io/v, images: [web], targets: [acme] }
  - name: signed
    source: gcr.io/v
    images: [api, web]
    tags: { include: ['v*', latest] }
    require:
      - { statement: signature, by: [release] }
      - { statement: provenance, by: [release] }
    targets: [acme, globex]
  - name: approved
    source: gcr.io/v
    images: [api]
    tags: { include: [latest] }
    require: [{ statement: approval, by: [release] }]
    override: [release]
    targets: [globex]
`);

interface Source {
  /** Rules that are proven. */
  readonly proven?: readonly string[];
  /** The only tags under which they are; default: all. */
  readonly under?: readonly string[];
  readonly tags?: readonly string[];
  readonly predicateType?: string;
  readonly stays?: boolean;
  readonly isNew?: boolean;
  readonly image?: string;
  readonly tag?: string;
}

let asked: string[];
beforeEach(() => (asked = []));

/** A source that says so, and what planCopies makes of a push to it. */
async function plan(source: Source, all = rules): Promise<string | string[]> {
  const { proven = [], tags = [], predicateType, stays, isNew = true, under } = source;
  const { image = 'api', tag } = source;
  const lookups: SourceLookups = {
    readReferrer: () => {
      asked.push('manifest');
      return Promise.resolve({ subject, predicateType, stays });
    },
    readStatements: ({ digest }, required) => {
      expect(digest).toBe(subject);
      asked.push(`proof of ${required.map(({ rule }) => rule).join(', ')}`);
      return Promise.resolve({
        underAnyTag: () => proofOf(required, proven),
        underTag: (one) => proofOf(required, under?.includes(one) === false ? [] : proven),
      });
    },
    findTags: (named, mayMatter) => {
      asked.push(`tags of ${formatReference(named)}`);
      return Promise.resolve(tags.filter(mayMatter));
    },
  };
  const about = tag === undefined ? { digest: pushed } : { tag, digest: pushed };
  const push = { action: 'INSERT', registry: 'gcr.io', repository: `v/${image}`, ...about };
  const lookUp = () => Promise.resolve(lookups);
  const jobs = jobsIn(await planPush(all, push, { isNew, lookUp }));
  if (typeof jobs === 'string') return jobs;
  return jobs.map(({ source: from, target, rule = '', repair }) =>
    [formatArtifact(from), target, rule, ...(repair ? ['repair'] : [])].join(' '),
  );
}

function proofOf(required: readonly RuleRequirements[], proven: readonly string[]): Proof {
  const all = required.map(({ rule, requirements }) => {
    const is = proven.includes(rule);
    const missing = requirements.map((requirement) => ({
      met: false as const,
      requirement,
      found: [],
    }));
    return { rule, proven: is, requirements: is ? [] : missing };
  });
  return { proven: all.every((one) => one.proven), rules: all, seen: [] };
}

const at = (tag: string, target: string, rule: string) =>
  `gcr.io/v/api:${tag}@${subject} ${target} ${rule} repair`;

describe('a statement that is pushed', () => {
  it('releases each tag that holds its subject, to each target, once it is the one that opens the gate', async () => {
    const jobs = await plan({
      predicateType: PROVENANCE,
      proven: ['signed', 'approved'],
      tags: ['v1', 'latest', 'nightly'],
    });
    expect(jobs).toEqual([
      at('v1', 'acme', 'signed'),
      at('v1', 'globex', 'signed'),
      at('latest', 'acme', 'signed'),
      at('latest', 'globex', 'signed'),
    ]);
    expect(asked).toEqual([
      'manifest',
      'proof of signed, approved',
      `tags of gcr.io/v/api@${subject}`,
    ]);
  });

  it('opens what every rule lets pass, and nothing else', async () => {
    const jobs = await plan({
      predicateType: SIGNATURE,
      proven: ['signed'],
      tags: ['v1', 'latest'],
    });
    expect(jobs).toEqual([
      at('v1', 'acme', 'signed'),
      at('v1', 'globex', 'signed'),
      at('latest', 'acme', 'signed'),
    ]);
  });

  it('makes no job while something is missing, and says what', async () => {
    expect(await plan({ predicateType: SIGNATURE, proven: ['approved'] })).toBe(
      'opens nothing yet: signed requires signature by release: found nothing; signed requires provenance by release: found nothing',
    );
    expect(asked).toEqual(['manifest', 'proof of signed, approved']);
  });

  it('is for the rules that require its type: what another rule waits for does not open this one', async () => {
    const source = { proven: ['signed', 'approved'], tags: ['v1', 'latest'] };
    expect(await plan({ ...source, predicateType: APPROVAL })).toEqual([
      at('latest', 'globex', 'signed'),
      `gcr.io/v/api@${pushed} acme signed`,
      `gcr.io/v/api@${pushed} globex signed`,
    ]);
  });

  it('that stays at the source makes no job for itself', async () => {
    const source = { stays: true, proven: ['signed', 'approved'], tags: ['v1', 'latest'] };
    expect(await plan({ ...source, predicateType: APPROVAL })).toEqual([
      at('latest', 'globex', 'signed'),
    ]);
    expect(await plan({ ...source, predicateType: 'https://registry-relay.dev/receipt/v1' })).toBe(
      'is what the relay states, and stays where it is',
    );
  });

  it('releases no tag but those that are proven: an approval of one opens no other', async () => {
    const source = { stays: true, proven: ['signed', 'approved'], tags: ['v60', 'v960', 'latest'] };
    const named = { ...source, predicateType: SIGNATURE };
    expect(await plan({ ...named, under: ['v60'] })).toEqual([
      at('v60', 'acme', 'signed'),
      at('v60', 'globex', 'signed'),
    ]);
    const other = { ...named, under: ['v7'] };
    await expect(plan(other)).rejects.toThrow(SubjectUntaggedError);
    expect(await plan({ ...other, isNew: false })).toBe(
      'is what the relay states, and stays where it is',
    );
  });

  it('may let pass what is not proven', async () => {
    const source = { predicateType: OVERRIDE, proven: ['signed', 'approved'], tags: ['latest'] };
    expect(await plan(source)).toEqual([
      at('latest', 'globex', 'signed'),
      `gcr.io/v/api@${pushed} acme signed`,
      `gcr.io/v/api@${pushed} globex signed`,
    ]);
  });

  it('travels late, as others do, where no rule requires its type', async () => {
    const late = [`gcr.io/v/api@${pushed} acme signed`, `gcr.io/v/api@${pushed} globex signed`];
    expect(await plan({ predicateType: 'https://example.com/other' })).toEqual(late);
    expect(asked).toEqual(['manifest']);
  });

  it('travels late by a rule that requires nothing, whatever others wait for', async () => {
    expect(await plan({ image: 'web', predicateType: SIGNATURE })).toEqual([
      `gcr.io/v/web@${pushed} acme lax`,
    ]);
  });

  it('without a type may be any', async () => {
    expect(await plan({ proven: ['signed', 'approved'], tags: ['v1'] })).toEqual([
      at('v1', 'acme', 'signed'),
      at('v1', 'globex', 'signed'),
    ]);
    // One rule that it might be for is proven.
    expect(await plan({ proven: ['signed'], tags: ['v1', 'latest'] })).toEqual([
      at('v1', 'acme', 'signed'),
      at('v1', 'globex', 'signed'),
      at('latest', 'acme', 'signed'),
    ]);
  });

  it('waits for a tag while the event is new, and is carried late after that', async () => {
    const source = { predicateType: SIGNATURE, proven: ['signed', 'approved'], tags: ['nightly'] };
    await expect(plan(source)).rejects.toThrow(SubjectUntaggedError);
    expect(await plan({ ...source, isNew: false })).toEqual([
      `gcr.io/v/api@${pushed} acme signed`,
      `gcr.io/v/api@${pushed} globex signed`,
    ]);
  });

  const tagged = (kind: string) => `sha256-${digestHex(subject)}${kind}`;
  it.each([
    ['.sig', ['signed'], 3],
    ['.att', ['signed', 'approved'], 4],
    ['', ['signed', 'approved'], 4],
  ])(
    'may be under a tag that belongs to its subject: sha256-<hex>%s',
    async (kind, proven, count) => {
      const jobs = await plan({ tag: tagged(kind), proven, tags: ['v1', 'latest'] });
      expect(jobs).toHaveLength(count);
      expect(asked).toEqual(['proof of signed, approved', `tags of gcr.io/v/api@${subject}`]);
    },
  );

  it.each([
    ['that holds no statements', tagged('.sbom')],
    ['that has no more than half of a digest', `sha512-${digestHex(subject)}.sig`],
  ])('is none under a tag %s', async (_what, tag) => {
    expect(await plan({ tag })).toEqual([
      `gcr.io/v/api:${tag}@${pushed} acme signed`,
      `gcr.io/v/api:${tag}@${pushed} globex signed`,
    ]);
    expect(asked).toStrictEqual([]);
  });
});

it('makes about 600 jobs of three tags, four required statements and 200 targets', async () => {
  const names = Array.from({ length: 200 }, (_, index) => `t${index}`);
  const required = ['signature', 'provenance', 'sbom', 'approval'];
  const many =
    parse(`${head(names.map((name) => `${name}: { repository: gcr.io/${name} }`).join(', '))}
  - name: all
    source: gcr.io/v
    require: [${required.map((name) => `{ statement: ${name}, by: [release] }`).join(', ')}]
    targets: [${names.join(', ')}]
`);
  const types = [SIGNATURE, PROVENANCE, 'https://spdx.dev/Document', APPROVAL];
  let jobs = 0;
  for (const [index, predicateType] of types.entries()) {
    const proven = index === types.length - 1 ? ['all'] : [];
    const made = await plan({ predicateType, proven, tags: ['v1', 'v1.4', 'latest'] }, many);
    jobs += typeof made === 'string' ? 0 : made.length;
  }
  expect(jobs).toBe(600);
});

describe('a rule that waits for an earlier stage', () => {
  const staged =
    parse(`${head('canary: { repository: gcr.io/c }, acme: { repository: gcr.io/acme }')}
  - { name: canaries, source: gcr.io/v, targets: [canary] }
  - { name: everyone, after: { rule: canaries, soak: 1h, by: [release] }, targets: [acme] }
`);
  const fast = parse(`${head('canary: { repository: gcr.io/c }, acme: { repository: gcr.io/acme }')}
  - { name: fast, source: gcr.io/v, targets: [acme] }
  - { name: canaries, source: gcr.io/v, tags: { include: [v*] }, targets: [canary] }
  - { name: everyone, after: { rule: canaries, soak: 1h, by: [release] }, targets: [acme] }
`);
  const job = (tag: string, target: string, rule: string) =>
    `gcr.io/v/api:${tag}@${subject} ${target} ${rule}`;
  const pushTag = async (source: Source, all = staged) => {
    const { proven = [] } = source;
    const readStatements: SourceLookups['readStatements'] = (_, required) => {
      asked.push(`proof of ${required.map(({ rule }) => rule).join(', ')}`);
      const statements = { underAnyTag: notAsked, underTag: () => proofOf(required, proven) };
      return Promise.resolve(statements);
    };
    const lookUp = () =>
      Promise.resolve({ readStatements, readReferrer: notAsked, findTags: notAsked });
    const push = { action: 'INSERT', registry: 'gcr.io', repository: 'v/api', tag: 'v1' };
    const plan = await planPush(all, { ...push, digest: subject }, { isNew: true, lookUp });
    if (typeof plan === 'string') return plan;
    const { jobs, waiting } = 'jobs' in plan ? plan : { jobs: plan, waiting: [] };
    const said = jobs.map(({ source: from, target, rule = '' }) =>
      [formatArtifact(from), target, rule].join(' '),
    );
    return { said, waiting };
  };
  const notAsked = (): never => {
    throw new Error('not to be asked');
  };

  it('gets no job from a push until its stage has passed, asked once for the digest', async () => {
    expect(await pushTag({})).toEqual({
      said: [job('v1', 'canary', 'canaries')],
      waiting: ['everyone'],
    });
    expect(asked).toEqual(['proof of everyone']);
  });

  it('gets its jobs at once from a push of what has passed', async () => {
    expect(await pushTag({ proven: ['everyone'] })).toEqual({
      said: [job('v1', 'canary', 'canaries'), job('v1', 'acme', 'everyone')],
      waiting: [],
    });
  });

  it('holds back what another rule gives to the same destination', async () => {
    expect(await pushTag({}, fast)).toEqual({
      said: [job('v1', 'canary', 'canaries')],
      waiting: ['everyone'],
    });
  });

  it('gets its jobs from the statement that it has passed', async () => {
    const pushed = { predicateType: STAGE, stays: true, tags: ['v1'] };
    expect(await plan({ ...pushed, proven: ['everyone'] }, staged)).toEqual([
      `${job('v1', 'acme', 'everyone')} repair`,
    ]);
    expect(await plan(pushed, staged)).toMatch(/^opens nothing yet: everyone waits for its stage/);
  });
});
