import { parseRules } from '../../shared/kinds/rules';
import { createSampleSigner } from '../images/signing';
import { sampleRules } from '../stack/sample-rules';
import { createProgress, isOnTheWay, type Progress } from './progress';
import { renderTable } from './release-table';

const SOURCE = '127.0.0.1:5050/vendor/releases';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const rules = parseRules(
  sampleRules({
    source: SOURCE,
    templates: 'local-kfp.localhost:5080/vendor/pipelines',
    bucket: 'gs://vendor-releases/models',
    targets: ['acme', 'globex'].map((name) => ({ name, repository: `127.0.0.1:1/${name}/vendor` })),
  }),
  'rules.yaml',
  () => createSampleSigner('release').publicKey,
);

describe('progress', () => {
  let progress: Progress;
  beforeEach(() => {
    progress = createProgress(rules, [SOURCE]);
  });
  const log = (functionName: string, fields: object, severity = 'INFO') =>
    progress.logged({ function: functionName, severity, message: 'A message', ...fields });
  const insert = (image: string) =>
    progress.pushed({
      action: 'INSERT',
      digest: `${SOURCE}/${image.split(':')[0]!}@${DIGEST}`,
      tag: `${SOURCE}/${image}`,
    });

  it('waits for a pushed image at every target that the rules name', () => {
    insert('api:1.4.2');
    expect(progress.rows()).toEqual([
      { image: 'api', tag: '1.4.2', target: 'acme', outcome: 'waiting' },
      { image: 'api', tag: '1.4.2', target: 'globex', outcome: 'waiting' },
    ]);
    expect(progress.rows().every(isOnTheWay)).toBe(true);
  });

  it.each([
    ['an image that no rule wants', () => insert('debug:latest')],
    [
      'a child without a tag',
      () => progress.pushed({ action: 'INSERT', digest: `${SOURCE}/api@${DIGEST}` }),
    ],
    ['a delete', () => progress.pushed({ action: 'DELETE', tag: `${SOURCE}/api:1.4.2` })],
  ])('waits for nothing after %s', (_, happen) => {
    happen();
    expect(progress.rows()).toStrictEqual([]);
  });

  it('shows a copy with its figures, also in its row', () => {
    insert('api:1.4.2');
    const notice = log('copyArtifact', {
      outcome: 'copied',
      source: `${SOURCE}/api:1.4.2@${DIGEST}`,
      target: 'acme',
      bytes: 4_230_000,
      attachments: 1,
      copySeconds: 0.456,
    });
    expect(notice).toEqual({
      text: 'copied        api:1.4.2 -> acme  4.2 MB, attachments: 1, 0.46 s',
      row: expect.objectContaining({ target: 'acme', seconds: 0.456 }) as object,
    });
    expect(progress.rows()[0]).toMatchObject({
      target: 'acme',
      outcome: 'copied',
      bytes: 4_230_000,
    });
    expect(isOnTheWay(progress.rows()[0]!)).toBe(false);
  });

  it('shows why a copy failed and how to fix it', () => {
    const notice = log('copyArtifact', {
      outcome: 'dead-lettered',
      source: `${SOURCE}/api:1.4.2`,
      target: 'acme',
      reason: 'forbidden',
      error: 'PUT was answered 403',
      remedy: 'Grant the role.',
    });
    expect(notice?.text).toBe(
      'dead-lettered api:1.4.2 -> acme  forbidden: PUT was answered 403: Grant the role.',
    );
  });

  it.each(['retrying', 'refused', 'held'])(
    'shows a release that is %s for a statement as waiting',
    (outcome) => {
      const notice = log('copyArtifact', {
        outcome,
        source: `${SOURCE}/payments:2.0.0@${DIGEST}`,
        target: 'acme',
        rule: 'signed',
        reason: 'unproven',
        error: 'not proven',
      });
      expect(notice?.text).toBe('waiting       payments:2.0.0 for a signature by release');
    },
  );

  it('calls a redelivery a retry', () => {
    const about = {
      source: `${SOURCE}/api:1.4.2`,
      target: 'acme',
      reason: 'network',
      error: 'reset',
    };
    expect(log('copyArtifact', { ...about, outcome: 'refused' })?.text).toBe(
      'retrying      api:1.4.2 -> acme  network: reset',
    );
  });

  it('shows a late attachment by its digest', () => {
    const notice = log('copyArtifact', {
      outcome: 'copied',
      source: `${SOURCE}/api@${DIGEST}`,
      target: 'acme',
      attachments: 0,
    });
    expect(notice?.text).toBe('copied        api@sha256:aaaaaaaaaaaa -> acme');
  });

  it('forgets what went wrong once it is copied', () => {
    const about = { source: `${SOURCE}/api:1.4.2`, target: 'acme' };
    log('copyArtifact', { ...about, outcome: 'retrying', reason: 'network', error: 'reset' });
    const notice = log('copyArtifact', { ...about, outcome: 'copied', bytes: 1 });
    expect(notice?.text).toBe('copied        api:1.4.2 -> acme  1 B');
  });

  it('says nothing of an attachment that came before its image', () => {
    const fields = { outcome: 'not released', source: `${SOURCE}/api@${DIGEST}`, target: 'acme' };
    expect(log('copyArtifact', fields)).toBeUndefined();
    expect(progress.rows()).toStrictEqual([]);
  });

  it.each([
    [
      'a release candidate',
      'api:1.5.0-rc1',
      `rule "releases": exclude '*-rc*'; rule "signed": images 'payments' do not match "api"`,
    ],
    [
      'an image',
      'debug:latest',
      `rule "releases": images 'api', 'services/**' do not match "debug"; rule "signed": images 'payments' do not match "debug"`,
    ],
  ])('explains by the rules why %s is not released', (_, image, why) => {
    const notice = log('planCopies', { outcome: 'ignored', source: `${SOURCE}/${image}` });
    expect(notice).toEqual({ text: `not released  ${image}  ${why}` });
  });

  it('shows what would act on the terminal as text', () => {
    const source = 'gs://vendor/a\u001b[31m.bin#1';
    const notice = log('copyArtifact', { outcome: 'copied', source, target: 'acme' });
    expect(notice?.text).toContain('a\\u001b[31m.bin');
    expect(renderTable(progress.rows())).toContain('a\\u001b[31m.bin');
    const ignored = log('planCopies', { outcome: 'ignored', source });
    expect(ignored?.text).not.toContain('\u001b');
  });

  it("gives the function's own reason where the rules would release it", () => {
    const notice = log('planCopies', {
      outcome: 'ignored',
      source: `${SOURCE}/api:1.4.2`,
      why: 'it was deleted at the source',
    });
    expect(notice?.text).toBe('not released  api:1.4.2  it was deleted at the source');
  });

  it.each(['train:dev', `train@${DIGEST}`])('gives the reason why no job is made of %s', (name) => {
    const source = `local-kfp.pkg.dev/vendor/pipelines/${name}`;
    const why = `${source} has no tag that a rule wants: nothing to copy`;
    const notice = log('planCopies', { outcome: 'ignored', source, why });
    expect(notice?.text).toBe(`not released  ${why}`);
  });

  it.each([
    ['the child of an index', { outcome: 'ignored', source: `${SOURCE}/api@${DIGEST}` }],
    [
      'an attachment tag',
      { outcome: 'ignored', source: `${SOURCE}/api:sha256-${'a'.repeat(64)}.sig` },
    ],
    ['published jobs', { outcome: 'planned', source: `${SOURCE}/api:1.4.2` }],
  ])('says nothing of %s', (_, fields) => {
    expect(log('planCopies', fields)).toBeUndefined();
  });

  it('passes on what else goes wrong', () => {
    expect(log('planCopies', { error: { message: 'x' } }, 'ERROR')?.text).toBe(
      'planCopies: A message',
    );
    expect(log('planCopies', {}, 'DEBUG')).toBeUndefined();
  });
});
