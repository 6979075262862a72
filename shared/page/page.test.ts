import { parseRules } from '../kinds/rules';
import type { Finding } from '../inventory/finding';
import { selectWanted } from '../inventory/wanted';
import { parseReference } from '../oci/reference';
import type { PageData } from './format';
import { renderPage, type PageOptions } from './page';

const EVIL = `</script><script>alert(1)</script><!-- <img src=x onerror="alert(2)"> $& $' \`\${1}\``;
const rules = parseRules(`targets:
  globex: { repository: eu.gcr.io/globex, paused: true }
  acme: { repository: us-docker.pkg.dev/acme/vendor }
groups: { both: [acme, globex] }
rules:
  - { name: all, source: gcr.io/vendor, images: [api, web], targets: [globex, acme] }
  - { name: again, source: gcr.io/vendor, images: [web], as: 'copy-of-{image}:{tag}', targets: [acme] }
`);
const tagged = (text: string) => {
  const { registry, repository, tag = '' } = parseReference(text);
  return {
    kind: 'image' as const,
    registry,
    repository,
    tag,
    size: 7,
    uploadedAt: new Date('2026-11-20'),
  };
};
const wanted = selectWanted(rules, [
  tagged('gcr.io/vendor/web:1'),
  tagged('gcr.io/vendor/api:1'),
  tagged('gcr.io/vendor/api:2'),
]);
const trouble = { reason: 'target-denied', error: EVIL, remedy: 'Grant it.' } as const;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const pause = { until: new Date('2026-12-09'), reason: 'year-end freeze' };
const findings = wanted.map((wantedOne, index): Finding => {
  const one = { ...wantedOne, ...(wantedOne.target.name === 'globex' && { pause }) };
  if (index > 2) return { ...one, state: 'unreachable', trouble };
  const deliveredAt = new Date('2026-11-20T00:00:04.21Z');
  return {
    ...one,
    state: 'current',
    digest: DIGEST,
    held: DIGEST,
    ...(index === 1 && { deliveredAt }),
  };
});
const generated = new Date('2026-11-24T12:00:00Z');
const page = renderPage({ rules, findings, generated });

function scripts(html = page): { attributes: string; content: string }[] {
  return [...html.matchAll(/<script([^>]*)>(.*?)<\/script/gs)].map(
    ([, attributes = '', content = '']) => ({ attributes, content }),
  );
}
const dataOf = (html: string) => JSON.parse(scripts(html)[1]!.content) as PageData;

it('has the matrix as data, each name once, newest releases first, a digit for each copy', () => {
  expect(dataOf(page)).toEqual({
    generated: '2026-11-24T12:00:00.000Z',
    states: [
      'current',
      'missing',
      'stale',
      'attachments missing',
      'held',
      'waiting',
      'unreachable',
    ],
    drifting: [false, true, true, true, false, false, true],
    chains: [],
    targets: [
      { name: 'acme', paused: '', places: { image: 'us-docker.pkg.dev/acme/vendor' } },
      {
        name: 'globex',
        paused: 'paused until 2026-12-09: year-end freeze',
        places: { image: 'eu.gcr.io/globex' },
      },
    ],
    groups: [{ name: 'both', targets: [0, 1] }],
    rules: ['all', 'again'],
    troubles: [trouble],
    reasons: [],
    headings: [
      { image: 'web', source: 'gcr.io/vendor/web', separator: ':' },
      { image: 'api', source: 'gcr.io/vendor/api', separator: ':' },
    ],
    shapes: [
      [1, 0, 0, 0, 0, 1],
      [1, 0, 0, 0],
    ],
    releases: [
      {
        ...{ heading: 1, tag: '2', kind: 'image', uploaded: 1_795_132_800, bytes: 7 },
        ...{
          path: 'api:2',
          shape: 1,
          states: '66',
          special: { 0: { trouble: 0 }, 1: { trouble: 0 } },
        },
      },
      {
        ...{ heading: 1, tag: '1', kind: 'image', uploaded: 1_795_132_800, bytes: 7 },
        ...{
          path: 'api:1',
          shape: 1,
          states: '66',
          special: { 0: { trouble: 0 }, 1: { trouble: 0 } },
        },
      },
      {
        ...{ heading: 0, tag: '1', kind: 'image', uploaded: 1_795_132_800, bytes: 7 },
        ...{ digest: DIGEST, path: 'web:1', shape: 0, states: '000', delivered: [null, 4.2, null] },
        special: { 2: { destination: 'us-docker.pkg.dev/acme/vendor/copy-of-web:1' } },
      },
    ],
  });
});

it('puts objects below their folders, and a placeholder of a folder below the one that it is in', () => {
  const models = parseRules(`targets: { acme: { bucket: gs://acme-in } }
rules: [{ name: models, source: gs://vendor/released, targets: [acme] }]`);
  const objects = ['v1/model.bin', 'v1/tokens/', 'card.md'].map((name) => ({
    kind: 'object' as const,
    bucket: 'vendor',
    name: `released/${name}`,
    generation: '1',
    size: 1,
    description: '',
  }));
  const shown = renderPage({
    rules: models,
    findings: selectWanted(models, objects).map((one) => ({ ...one, state: 'current' })),
    generated: new Date(0),
  });
  const { headings, releases } = dataOf(shown);
  expect(releases.map(({ heading, tag, path }) => [headings[heading], tag, path])).toEqual([
    [
      { image: 'gs://vendor/released', source: 'gs://vendor/released', separator: '/' },
      'card.md',
      'card.md',
    ],
    [{ image: 'v1', source: 'gs://vendor/released/v1', separator: '/' }, 'tokens/', 'v1/tokens/'],
    [
      { image: 'v1', source: 'gs://vendor/released/v1', separator: '/' },
      'model.bin',
      'v1/model.bin',
    ],
  ]);
});

it('keeps what registries say out of its markup, character for character', () => {
  expect(dataOf(page)).toMatchObject({ troubles: [{ error: EVIL }] });
  expect(scripts().map(({ attributes }) => attributes)).toEqual([
    ' type="application/json" id="options"',
    ' type="application/json" id="data"',
    '',
  ]);
  expect(page).not.toMatch(/<!--|<img|%[A-Z]+%/);
});

const policyOf = (options?: PageOptions) =>
  /Content-Security-Policy"\s+content="([^"]*)"/.exec(
    renderPage({ rules, findings, generated }, options),
  )?.[1];

it('allows its own script and styles by their hashes, and no request', () => {
  expect(policyOf()).toMatch(
    /^default-src 'none'; script-src 'sha256-[\w+/=]{44}'; style-src 'sha256-[\w+/=]{44}'; img-src data:; base-uri 'none'; form-action 'none'$/,
  );
  expect(page).not.toMatch(/(?:src|href)="(?!data:)|url\(|@import|innerHTML|insertAdjacentHTML/);
});

it('asks for its own events alone, where it is served with them', () => {
  expect(policyOf({ events: 'events' })).toContain("; connect-src 'self'; ");
});
