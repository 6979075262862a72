import { provingAlways } from '../../../test/support/proofs';
import { createSampleSigner } from '../../../local/images/signing';
import { InvalidMessageError } from '../../events/envelope';
import { jobsIn } from '../../jobs/events';
import { digestHex, digestOf } from '../../oci/digest';
import { APPROVAL, SIGNATURE } from '../../statements/requirement';
import { formatArtifact } from '../references';
import { parseRules } from '../rules';
import { imageEvents, planPush, type RegistryPush } from './event';
import type { SourceLookups } from './late-referrer';

const digest = digestOf(Buffer.from('x'));
const subject = digestOf(Buffer.from('the release'));
const { publicKey } = createSampleSigner('release');
const rules = parseRules(
  `
targets:
  acme: { repository: gcr.io/acme }
  globex: { repository: gcr.io/globex }
signers: { release: { key: release.pub } }
rules:
  - { name: api, source: gcr.io/v, images: [api], tags: { include: ['v*'] }, targets: [acme, globex] }
  - { name: bare, source: gcr.io/v, images: [bare], attachments: false, targets: [acme] }
  - name: strict
    source: gcr.io/v
    images: [strict]
    attachments: false
    require: [{ statement: signature, by: [release] }]
    targets: [acme]
  - name: whole
    source: gcr.io/v
    images: [whole]
    require: [{ statement: signature, by: [release] }]
    targets: [acme]
`,
  'rules.yaml',
  () => publicKey,
);

const push = (about: Partial<RegistryPush>): RegistryPush => ({
  action: 'INSERT',
  registry: 'gcr.io',
  repository: 'v/api',
  ...about,
});

const notAsked = () => Promise.reject(new Error('not to be asked'));

/** What the rules make of a push to a source that gives these answers. */
async function plan(about: Partial<RegistryPush>, answers: Partial<SourceLookups> = {}) {
  const lookups = {
    readReferrer: notAsked,
    readStatements: notAsked,
    findTags: notAsked,
    ...answers,
  };
  const planning = { isNew: true, lookUp: () => Promise.resolve(lookups) };
  const jobs = jobsIn(await planPush(rules, push(about), planning));
  if (typeof jobs === 'string') return jobs;
  return jobs.map(({ source, target, rule = '' }) => `${formatArtifact(source)} ${target} ${rule}`);
}

describe('a notice', () => {
  const message = (body: object) => ({
    id: '1',
    data: Buffer.from(JSON.stringify(body)),
    attributes: {},
    publishTime: new Date(0),
  });

  it('is known by its action, and says what was pushed', () => {
    const isNotice = imageEvents.recognizes.body;
    expect([isNotice?.({ action: 1 }), isNotice?.({ tag: 'gcr.io/v/api:1' })]).toEqual([
      true,
      false,
    ]);
    const event = imageEvents.parse(message({ action: 'INSERT', tag: 'gcr.io/v/api:1' }));
    expect(event).toMatchObject({ kind: 'image', about: 'gcr.io/v/api:1' });
    expect(() => imageEvents.parse(message({ action: 'INSERT' }))).toThrow(InvalidMessageError);
  });

  it.each([
    ['INSERT', undefined],
    ['DELETE', 'gcr.io/v/api:v1 was deleted at the source: targets keep what they have'],
    ['SCAN', 'gcr.io/v/api:v1: event "SCAN" needs no copy'],
  ])('of %s', (action, why) => {
    expect(imageEvents.parse(message({ action, tag: 'gcr.io/v/api:v1' })).whyIgnored).toBe(why);
  });
});

describe('a push', () => {
  const ofTag = (kind: string, of = digest) => `sha256-${digestHex(of)}${kind}`;

  it.each([
    ['tag and digest', { tag: 'v1', digest }, `gcr.io/v/api:v1@${digest}`],
    ['a tag alone', { tag: 'v1' }, 'gcr.io/v/api:v1'],
    ['an attachment tag', { tag: ofTag('.sig') }, `gcr.io/v/api:${ofTag('.sig')}`],
    [
      'an attachment tag and a digest',
      { tag: ofTag('.sbom'), digest },
      `gcr.io/v/api:${ofTag('.sbom')}@${digest}`,
    ],
  ])('with %s makes one job for each target', async (_what, about, source) => {
    expect(await plan(about)).toEqual([`${source} acme api`, `${source} globex api`]);
  });

  it.each([
    ['a tag that no rule wants', { tag: 'nightly' }, 'matches no rule'],
    ['an image that no rule wants', { tag: 'v1', repository: 'v/web' }, 'matches no rule'],
    [
      'a digest where attachments stay',
      { digest, repository: 'v/bare' },
      'matches no rule with attachments',
    ],
  ])('with %s makes none, and nothing is asked', async (_what, about, why) => {
    expect(await plan(about)).toBe(why);
  });

  it.each([
    [true, [`gcr.io/v/api@${digest} acme api`, `gcr.io/v/api@${digest} globex api`]],
    [false, 'has no tag of its own and is no attachment'],
  ])('with a digest alone depends on whether it has a subject: %s', async (has, expected) => {
    const readReferrer = jest.fn(() => Promise.resolve(has ? { subject } : undefined));
    expect(await plan({ digest }, { readReferrer })).toEqual(expected);
    expect(readReferrer).toHaveBeenCalledWith({
      kind: 'image',
      registry: 'gcr.io',
      repository: 'v/api',
      digest,
    });
  });

  describe('where attachments stay, and a statement is waited for', () => {
    const repository = 'v/strict';
    const provenAs = (proven: boolean): Partial<SourceLookups> => ({
      readStatements: (named, [required]) => {
        expect(named).toEqual({ kind: 'image', registry: 'gcr.io', repository, digest: subject });
        const { requirements } = required!;
        const missing = requirements.map((requirement) => ({
          met: false as const,
          requirement,
          found: [],
        }));
        const rule = { rule: 'strict', proven, requirements: proven ? [] : missing };
        return Promise.resolve(provingAlways({ proven, rules: [rule], seen: [] }));
      },
      findTags: (_named, mayMatter) => Promise.resolve(['v1'].filter(mayMatter)),
    });

    it('releases its subject, and does not travel itself', async () => {
      const tag = ofTag('.sig', subject);
      expect(await plan({ tag, repository }, provenAs(true))).toEqual([
        `gcr.io/v/strict:v1@${subject} acme strict`,
      ]);
    });

    it('says what is missing still', async () => {
      const readReferrer = () => Promise.resolve({ subject, predicateType: SIGNATURE });
      expect(await plan({ digest, repository }, { ...provenAs(false), readReferrer })).toBe(
        'opens nothing yet: strict requires signature by release: found nothing',
      );
    });

    it.each([
      ['is another statement', { digest }, { subject, predicateType: APPROVAL }],
      ['holds no statements', { tag: ofTag('.sbom') }, undefined],
    ])('makes no job where it %s', async (_what, about, attached) => {
      const readReferrer = () => Promise.resolve(attached);
      expect(await plan({ ...about, repository }, { readReferrer })).toBe(
        'matches no rule with attachments',
      );
    });
  });

  it('travels with the release that it opens, and has no other job', async () => {
    const rule = { rule: 'whole', proven: true, requirements: [] };
    const answers: Partial<SourceLookups> = {
      readStatements: () =>
        Promise.resolve(provingAlways({ proven: true, rules: [rule], seen: [] })),
      findTags: () => Promise.resolve(['v1']),
    };
    const repository = 'v/whole';
    expect(await plan({ tag: ofTag('.sig', subject), repository }, answers)).toEqual([
      `gcr.io/v/whole:v1@${subject} acme whole`,
    ]);
  });

  it('of what the relay states makes no job for itself', async () => {
    const stays = { subject, predicateType: APPROVAL, stays: true };
    const readReferrer = () => Promise.resolve(stays);
    expect(await plan({ digest }, { readReferrer })).toBe(
      'is what the relay states, and stays where it is',
    );
  });
});
