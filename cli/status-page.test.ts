import { selectWanted } from '../shared/inventory/wanted';
import type { Finding } from '../shared/inventory/finding';
import { parseReference } from '../shared/oci/reference';
import { parseRules } from '../shared/kinds/rules';
import { renderStatusPage } from './status-page';

const EVIL = `</script><script>alert(1)</script><!-- <img src=x onerror="alert(2)"> $& $' \`\${1}\``;
const rules = parseRules(`targets:
  globex: { repository: eu.gcr.io/globex, paused: true }
  acme: { repository: us-docker.pkg.dev/acme/vendor }
rules: [{ name: all, source: gcr.io/vendor, targets: [globex, acme] }]
`);
const tagged = (text: string) => {
  const { registry, repository, tag = '' } = parseReference(text);
  return { registry, repository, tag, size: 7, uploadedAt: new Date('2026-11-20') };
};
const wanted = selectWanted(rules, [
  tagged('gcr.io/vendor/web:1'),
  tagged('gcr.io/vendor/api:1'),
  tagged('gcr.io/vendor/api:2'),
]);
const trouble = { reason: 'target-denied', error: EVIL, remedy: 'Grant it.' } as const;
const findings = wanted.map((one, index): Finding => {
  if (index > 1) return { ...one, state: 'unreachable', trouble };
  return { ...one, state: 'current' };
});
const page = renderStatusPage({
  findings,
  generated: new Date('2026-11-24T12:00:00Z'),
  drift: false,
  chains: ['gcr.io/vendor', '└─ <b>eu</b> (rule out)'],
});

function scripts(): { attributes: string; content: string }[] {
  return [...page.matchAll(/<script([^>]*)>(.*?)<\/script/gs)].map(
    ([, attributes = '', content = '']) => ({ attributes, content }),
  );
}
const data = (): unknown => JSON.parse(scripts()[0]!.content);

it('has the matrix as data, each name once, newest releases first', () => {
  expect(data()).toMatchObject({
    generated: '2026-11-24T12:00:00.000Z',
    drift: false,
    chains: ['gcr.io/vendor', '└─ <b>eu</b> (rule out)'],
    targets: [
      { name: 'acme', repository: 'us-docker.pkg.dev/acme/vendor', paused: false, wanted: 3 },
      { name: 'globex', repository: 'eu.gcr.io/globex', paused: true, wanted: 3, held: 1 },
    ],
    troubles: [trouble],
    groups: [
      {
        image: 'api',
        source: 'gcr.io/vendor/api',
        separator: ':',
        releases: [
          { tag: '2', uploaded: '2026-11-20T00:00:00.000Z', bytes: 7 },
          {
            tag: '1',
            cells: [
              {
                target: 1,
                state: 'unreachable',
                trouble: 0,
                destination: 'eu.gcr.io/globex/api:1',
              },
              { target: 0, rule: 'all' },
            ],
          },
        ],
      },
      { image: 'web' },
    ],
  });
});

it('puts objects below their folders, and a placeholder of a folder below the one that it is in', () => {
  const models = parseRules(`targets: { acme: { bucket: gs://acme-in } }
rules: [{ name: models, source: gs://vendor/released, targets: [acme] }]`);
  const objects = ['v1/model.bin', 'v1/tokens/', 'card.md'].map((name) => ({
    bucket: 'vendor',
    name: `released/${name}`,
    generation: '1',
    description: '',
    size: 1,
  }));
  const shown = renderStatusPage({
    findings: selectWanted(models, objects).map((one) => ({ ...one, state: 'current' })),
    generated: new Date(0),
    drift: false,
    chains: [],
  });
  const json = /id="data">(.*?)<\/script/s.exec(shown)?.[1] ?? '';
  expect(JSON.parse(json)).toMatchObject({
    groups: [
      { image: 'gs://vendor/released', separator: '/', releases: [{ tag: 'card.md' }] },
      {
        image: 'v1',
        source: 'gs://vendor/released/v1',
        separator: '/',
        releases: [{ tag: 'tokens/' }, { tag: 'model.bin' }],
      },
    ],
  });
});

it('keeps what registries say out of its markup, character for character', () => {
  expect(data()).toMatchObject({ troubles: [{ error: EVIL }] });
  expect(scripts().map(({ attributes }) => attributes)).toEqual([
    ' type="application/json" id="data"',
    '',
  ]);
  expect(page).not.toMatch(/<!--|<img|%DATA%|%POLICY%/);
});

it('allows its own script and styles by their hashes, and no request', () => {
  const [, policy] = /Content-Security-Policy"\s+content="([^"]*)"/.exec(page) ?? [];
  expect(policy).toMatch(
    /^default-src 'none'; script-src 'sha256-[\w+/=]{44}'; style-src 'sha256-[\w+/=]{44}'; img-src data:; base-uri 'none'; form-action 'none'$/,
  );
  expect(page).not.toMatch(/(?:src|href)="(?!data:)|url\(|@import|innerHTML|insertAdjacentHTML/);
});
