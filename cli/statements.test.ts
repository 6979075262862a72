import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { APPROVAL, OVERRIDE, SIGNATURE } from '../shared/statements/requirement';
import { attest, besideTag, createParty, simpleSigning } from '../test/support/parties';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-statements-'));
const rules = join(folder, 'rules.yaml');
const release = createParty('release');
const ci = createParty('ci');
const stranger = createParty('stranger');
const released = image({ config: { seed: 'released' }, tag: 'v1' });
const { digest } = released.root;
const SBOM = 'https://spdx.dev/Document';

let registry: Registry;
const at = () => ({ registry: registry.address, repository: 'vendor/api' });

beforeEach(async () => {
  registry = await createRegistry();
  for (const { publicKey, signer } of [release, ci]) {
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(join(folder, `${signer.name}.pub`), pem);
  }
  writeRules(`require: [{ statement: signature, by: [release] }], override: [release]`);
  await push(released, at());
});
afterEach(() => registry.close());
afterAll(() => rmSync(folder, { recursive: true }));

function writeRules(keys: string): void {
  writeFileSync(
    rules,
    `targets: { acme: { repository: ${registry.address}/acme } }
signers: { release: { key: release.pub }, ci: { key: ci.pub } }
rules:
  - { name: api, source: '${registry.address}/vendor', tags: { include: ['v*'] }, targets: [acme]${keys && `, ${keys}`} }
`,
  );
}

async function run(reference = ':v1', ...args: readonly string[]) {
  const { terminal, stdout, stderr } = captureTerminal({ NO_COLOR: '1', RULES_FILE: rules });
  const name = `${registry.address}/vendor/api${reference}`;
  const code = await runCli(['statements', name, ...args], terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}
const short = (text: string) => text.slice(0, 'sha256:'.length + 12);

it('says what is attached, who signed it, what it satisfies and why the rest does not count', async () => {
  const [good, bill, bad] = [
    attest(released.root, release),
    attest(released.root, ci, { predicateType: SBOM }),
    attest(released.root, stranger),
  ];
  const old = besideTag(digest, 'sig', [simpleSigning(digest, ci)]);
  for (const one of [good, bill, bad, old]) await push(one, at());
  const { code, stdout } = await run();
  const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '));
  expect(lines[0]).toBe(`${registry.address}/vendor/api:v1@${digest}`);
  expect(lines[1]).toBe('STATEMENT  SIGNED BY  SATISFIES  ATTACHED AS');
  expect(new Set(lines.slice(2, 6))).toEqual(
    new Set([
      `signature  release  api: signature  ${short(good.root.digest)}`,
      `signature  no: by key ${stranger.fingerprint.slice(0, 12)}…, not an accepted signer  ${short(bad.root.digest)}`,
      `signature  ci  no: by ci, whom this rule does not ask for it  ${short(old.root.digest)}`,
      `sbom  ci  nothing asks for it  ${short(bill.root.digest)}`,
    ]),
  );
  expect(lines.slice(6)).toEqual([
    '',
    'api releases it',
    '  + signature by release: by release',
    '',
  ]);
  expect(code).toBe(0);
});

it('ends with 1 where something is missing, and says what', async () => {
  expect(await run()).toEqual({
    code: 1,
    stdout: `${registry.address}/vendor/api:v1@${digest}
no statements are attached

api holds it
  - signature by release: found nothing
`,
    stderr: '',
  });
});

it('ends with 0 where an override lets it pass, and says until when', async () => {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const predicate = {
    rule: 'api',
    source: `${registry.address}/vendor/api`,
    tag: 'v1',
    expires,
    why: 'roll\u001b[31mback',
  };
  await push(attest(released.root, release, { predicateType: OVERRIDE, predicate }), at());
  const { code, stdout } = await run();
  expect(stdout).toContain('api: override');
  expect(stdout).toContain(
    `api releases it
  - signature by release: found nothing
  ! override by release until ${expires}: roll\\u001b[31mback
`,
  );
  expect(code).toBe(0);
});

it('says for which image a signature was made that does not count', async () => {
  writeRules(`require: [{ statement: signature, by: [release], identity: ['**/\${image}'] }]`);
  const layer = simpleSigning(digest, release, null, 'gcr.io/vendor/tools:v1');
  await push(besideTag(digest, 'sig', [layer]), at());
  await push(attest(released.root, release), at());
  const { code, stdout } = await run();
  expect(stdout).toContain('made for gcr.io/vendor/tools, which does not match `identity`');
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('does not name its image');
  expect(code).toBe(1);
});

it('evaluates approvals by the tag, and says so without a tag', async () => {
  writeRules('require: [{ statement: approval, by: [release] }]');
  const source = `${registry.address}/vendor/api`;
  const predicate = { rule: 'api', source, tag: 'v60' };
  await push(attest(released.root, release, { predicateType: APPROVAL, predicate }), at());
  const tagged = await run();
  expect(tagged.code).toBe(1);
  expect(tagged.stdout.replaceAll(/\s+/g, ' ')).toContain(
    `for the rule api and ${source}:v60 alone`,
  );
  const bare = await run(`@${digest}`);
  expect(bare.stdout).toContain('Each statement that names a tag counts for that tag alone.');
  expect(bare.code).toBe(0);
});

it('says the same to scripts', async () => {
  const good = attest(released.root, release);
  await push(good, at());
  const { code, stdout } = await run(':v1', '--json');
  const counted = { statement: good.root.digest, predicateType: SIGNATURE };
  expect({ code, reported: JSON.parse(stdout) as unknown }).toEqual({
    code: 0,
    reported: {
      version: 1,
      reference: `${registry.address}/vendor/api:v1@${digest}`,
      proven: true,
      statements: [
        { ...counted, by: ['release'], meets: [{ rule: 'api', statement: 'signature' }] },
      ],
      rules: [
        {
          rule: 'api',
          proven: true,
          requirements: [
            {
              ...counted,
              met: true,
              by: 'release',
              requires: 'signature',
              of: ['release'],
              enforce: true,
            },
          ],
        },
      ],
    },
  });
});

it('of a digest alone asks the rules that might release it', async () => {
  const { code, stdout } = await run(`@${digest}`);
  expect(stdout).toContain('api holds it');
  expect(code).toBe(1);
});

it('of a tag that no rule releases says what is there all the same', async () => {
  await push(attest(released.root, release), at());
  await push(released, { ...at(), tag: 'latest' });
  const { code, stdout } = await run(':latest');
  expect(stdout).toMatch(/signature {2}release {4}nothing asks for it/);
  expect(stdout).toContain('no rule that releases it requires anything');
  expect(code).toBe(0);
});

it.each([
  ['', 2, 'needs a :tag or a @digest'],
  [':v9', 1, 'was not found'],
])('refuses %j', async (reference, code, message) => {
  const answer = await run(reference);
  expect(answer.code).toBe(code);
  expect(answer.stderr).toContain(message);
});

it('does not take for absent what it cannot read', async () => {
  registry.faults.add({ on: 'listReferrers', answer: { status: 403 } });
  const { code, stdout, stderr } = await run();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('403');
});
