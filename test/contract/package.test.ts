import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { loadRules } from '../../cli/rules-file';
import { createSampleSigner } from '../../local/images/signing';
import { describeAccess } from '../../shared/google/access';
import { KINDS } from '../../shared/kinds/kinds';
import { parseRules } from '../../shared/kinds/rules';

const root = join(__dirname, '..', '..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-package-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function pack(name: string, options: { rules?: string; timeZone?: string } = {}): Uint8Array {
  const out = join(folder, name);
  execFileSync(
    process.execPath,
    ['scripts/package.mjs', '--out', out, '--rules', options.rules ?? 'rules.yaml'],
    { cwd: root, env: { ...process.env, TZ: options.timeZone ?? 'UTC' }, stdio: 'pipe' },
  );
  return readFileSync(join(out, 'registry-relay.zip'));
}

describe('npm run package', () => {
  it('gives the same bytes for the same input, wherever and whenever', () => {
    const copy = join(folder, 'copied.yaml');
    writeFileSync(copy, readFileSync(join(root, 'rules.yaml')));
    utimesSync(copy, 1, 1);
    const first = pack('first');
    const second = pack('second', { rules: copy, timeZone: 'Asia/Tokyo' });
    expect(Buffer.from(second).equals(first)).toBe(true);
  });

  it('takes relative paths from where a person stands, whose npm runs it elsewhere', () => {
    const stands = join(folder, 'stands');
    mkdirSync(stands);
    writeFileSync(join(stands, 'mine.yaml'), 'targets: {}\nrules: []\n');
    const said = execFileSync(
      process.execPath,
      ['scripts/package.mjs', '--out', 'there', '--rules', 'mine.yaml'],
      {
        cwd: root,
        env: { ...process.env, INIT_CWD: stands, npm_lifecycle_event: 'package' },
        encoding: 'utf8',
      },
    );
    expect(said).toContain(join(stands, 'mine.yaml'));
    const files = unzipSync(readFileSync(join(stands, 'there', 'registry-relay.zip')));
    expect(strFromU8(files['rules.yaml'] ?? new Uint8Array())).toBe('targets: {}\nrules: []\n');
  });

  it('holds the bundles, the rules, and what they load at the versions of the lock file', () => {
    const files = unzipSync(pack('contents'));
    const [bundles, others] = [true, false].map((bundled) =>
      Object.keys(files).filter((name) => name.startsWith('dist/functions/') === bundled),
    );
    expect(bundles).toEqual(
      expect.arrayContaining([
        'dist/functions/copy-artifact/index.js',
        'dist/functions/index.js',
        'dist/functions/plan-copies/index.js',
      ]),
    );
    expect(others).toEqual(['package-lock.json', 'package.json', 'rules.yaml']);
    const text = (name: string) => strFromU8(files[name] ?? new Uint8Array());
    expect(text('rules.yaml')).toBe(readFileSync(join(root, 'rules.yaml'), 'utf8'));
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(JSON.parse(text('package.json'))).toMatchObject({
      main: 'dist/functions/index.js',
      dependencies: {
        '@google-cloud/functions-framework': dependencies['@google-cloud/functions-framework'],
        '@google-cloud/pubsub': dependencies['@google-cloud/pubsub'],
        'google-auth-library': dependencies['google-auth-library'],
      },
    });
    // What Google's build runs beside the installation.
    expect(JSON.parse(text('package.json'))).toMatchObject({
      scripts: { 'gcp-build': 'node dist/functions/compile.js' },
    });
  });

  it('compiles with the Node that runs npm in a build of the sources, not with the one in node_modules', () => {
    const sources = mkdtempSync(join(folder, 'sources-'));
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const build = { scripts: { 'gcp-build': scripts['gcp-build'] } };
    writeFileSync(join(sources, 'package.json'), JSON.stringify(build));
    mkdirSync(join(sources, 'scripts'));
    writeFileSync(join(sources, 'scripts', 'bundle.mjs'), 'console.log(process.execPath);');
    const own = join(sources, 'node_modules', '.bin', 'node');
    mkdirSync(dirname(own), { recursive: true });
    writeFileSync(own, '#!/bin/sh\necho the development dependency\n', { mode: 0o755 });

    const npm = spawnSync('npm', ['run', '--silent', 'gcp-build'], {
      cwd: sources,
      encoding: 'utf8',
    });
    expect(npm.stdout).toMatch(/^\/.*node\n$/);
  });

  it('holds the keys that the rules name, where the functions look for them', () => {
    const own = mkdtempSync(join(folder, 'keys-'));
    mkdirSync(join(own, 'keys'));
    const { publicKey } = createSampleSigner('release');
    writeFileSync(join(own, 'keys', 'release.pub'), publicKey);
    const rules = join(own, 'relay.yaml');
    writeFileSync(
      rules,
      `${readFileSync(join(root, 'rules.yaml'), 'utf8')}\nsigners: { release: { key: keys/release.pub } }\n`,
    );
    const files = unzipSync(pack('keys', { rules }));
    const unpacked = join(own, 'unpacked');
    for (const name of ['rules.yaml', 'keys/release.pub']) {
      mkdirSync(dirname(join(unpacked, name)), { recursive: true });
      writeFileSync(join(unpacked, name), files[name] ?? '');
    }
    expect(loadRules({ rules: join(unpacked, 'rules.yaml') }, {}).signers).toHaveLength(1);
  });

  it('writes next to the zip which rules are in it, and what they need', () => {
    const zip = pack('facts');
    const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
    const text = readFileSync(join(root, 'rules.yaml'), 'utf8');
    expect(JSON.parse(readFileSync(join(folder, 'facts', 'registry-relay.json'), 'utf8'))).toEqual({
      sha256: sha256(zip),
      rules: {
        file: 'rules.yaml',
        sha256: sha256(Buffer.from(text)),
        ...describeAccess(KINDS, parseRules(text)).access,
      },
    });
  });

  it.each([
    [
      'which the functions would',
      'repositry: us-docker.pkg.dev/a/b',
      /wrong\.yaml:1:20: .*repositry/,
    ],
    [
      'in which nothing would happen',
      'repository: a.example/b',
      /wrong\.yaml: rule "r": docker\.io\/library is not in an Artifact/,
    ],
  ])('refuses rules %s', (_why, place, words) => {
    const rules = join(folder, 'wrong.yaml');
    const rule = '{ name: r, source: docker.io/library, targets: [acme] }';
    writeFileSync(rules, `targets: { acme: { ${place} } }\nrules: [${rule}]\n`);
    const { status, stderr } = spawnSync(
      process.execPath,
      ['scripts/package.mjs', '--out', join(folder, 'wrong'), '--rules', rules],
      { cwd: root, encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(words);
    expect(stderr).toContain('Nothing was packed');
    expect(existsSync(join(folder, 'wrong'))).toBe(false);
  });

  it('packs the very bytes of the rules, by whose hash Terraform knows them', () => {
    const rules = join(folder, 'latin1.yaml');
    const text = readFileSync(join(root, 'rules.yaml'));
    writeFileSync(rules, Buffer.concat([Buffer.from('# f\u00fcr M\u00fcller\n', 'latin1'), text]));
    const packed = unzipSync(pack('latin1', { rules }))['rules.yaml'];
    const facts = JSON.parse(
      readFileSync(join(folder, 'latin1', 'registry-relay.json'), 'utf8'),
    ) as { rules: { sha256: string } };
    expect(Buffer.from(packed ?? []).equals(readFileSync(rules))).toBe(true);
    expect(facts.rules.sha256).toBe(createHash('sha256').update(readFileSync(rules)).digest('hex'));
  });

  it.each([
    [['--rules', 'nowhere.yaml'], 1, /^The rules file \S*nowhere\.yaml does not exist\.\n/],
    [['--rulez', 'rules.yaml'], 2, /^Unknown option '--rulez'.*\nnpm run package \[/],
  ])('says what is wrong with %j, and no more', (line, expected, words) => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/package.mjs', ...line], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status).toBe(expected);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain('    at ');
  });
});
