import { generateKeyPairSync } from 'node:crypto';
import { createSampleSigner } from '../../../local/images/signing';
import { InvalidRulesError, parseRules } from '../../kinds/rules';

const { publicKey } = createSampleSigner('release');
const privateKey = generateKeyPairSync('ed25519').privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});

const FILES: Readonly<Record<string, string>> = {
  'keys/release.pub': publicKey,
  'keys/release.key': String(privateKey),
  'keys/note.txt': 'the key is elsewhere',
  'keys/root.json': JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: 'aaaa' }] } }],
    tlogs: [{ publicKey: { rawBytes: 'aaaa' } }],
  }),
};

function readBeside(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
  return text;
}

/** A file with these lines of `signers`, and of a rule from line 20 on. */
function written(signers: readonly string[], rule: readonly string[] = []): string {
  const head = ['targets: { acme: { repository: gcr.io/acme } }', 'signers:'];
  const lines = [...head, ...signers.map((line) => `  ${line}`)];
  while (lines.length < 18) lines.push('');
  const own = rule.map((line) => `    ${line}`);
  return [...lines, 'rules:', '  - name: api', ...own, '    targets: [acme]'].join('\n');
}

function problemsIn(text: string): string[] {
  try {
    parseRules(text, 'rules.yaml', readBeside);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidRulesError)) throw error;
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
}

const SOURCE = 'source: gcr.io/vendor';
const RELEASE = 'release: { key: keys/release.pub }';

describe('signers', () => {
  it('are compiled, by key and by identity', () => {
    const ci = [
      'ci:',
      '  issuer: https://accounts.example',
      '  identity: https://github.com/vendor/*@refs/tags/*',
      '  trustedRoot: keys/root.json',
    ];
    const rule = [
      SOURCE,
      'require:',
      '  - { statement: signature, by: [release, ci, release] }',
      '  - { statement: sbom, by: [ci], enforce: false, where: { /name: [a, "b*"] } }',
      'override: [release]',
    ];
    const { signers, rules } = parseRules(written([RELEASE, ...ci], rule), 'r', readBeside);
    expect(signers).toMatchObject([
      {
        kind: 'key',
        name: 'release',
        keys: [{ fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown }],
      },
      { kind: 'keyless', name: 'ci', issuer: 'https://accounts.example' },
    ]);
    const [release, identity] = signers;
    expect(rules[0]).toMatchObject({ override: [release] });
    expect(rules[0]?.require).toMatchObject([
      { statement: 'signature', by: [release, identity], where: [], enforce: true },
      { statement: 'sbom', by: [identity], enforce: false },
    ]);
    const [condition] = rules[0]?.require[1]?.where ?? [];
    expect(condition?.pointer.tokens).toEqual(['name']);
    expect(condition?.patterns.map(({ text }) => text)).toEqual(['a', 'b*']);
  });

  it.each<[string, string[], (string | RegExp)[]]>([
    [
      'a file that is missing',
      ['release: { key: keys/none.pub }'],
      [`3:19 "keys/none.pub" does not exist`],
    ],
    [
      'a file that holds no key',
      ['release:', '  key: keys/note.txt'],
      ['4:10 "keys/note.txt" has no PEM block of a public key'],
    ],
    ['a private key', ['release: { key: keys/release.key }'], [/^3:19 .* is a private key: /]],
    ['a path with a colon', ['release: { key: keys/a:b.pub }'], [/^3:19 .* does not exist/]],
    [
      'an issuer without TLS',
      ['ci: { issuer: "http://a.example", identity: x, trustedRoot: keys/none.json }'],
      [/^3:63 .* does not exist/],
    ],
    [
      'a file elsewhere',
      ['release: { key: ../release.pub }'],
      [/^3:19 `release.key`: .* not the path/],
    ],
    [
      'an absolute path',
      ['release: { key: /keys/release.pub }'],
      [/^3:19 .* not the path of a file/],
    ],
    ['no file', ['release: { key: "" }'], [/^3:19 `release.key`: "" is not the path of a file/]],
    ['a drive', ['release: { key: "C:x.pub" }'], [/^3:19 .* not the path of a file/]],
    [
      'a path of Windows',
      ['release: { key: keys\\\\release.pub }'],
      [/^3:19 .* not the path of a file/],
    ],
    [
      'a trusted root that is none',
      ['ci: { issuer: https://a.example, identity: x, trustedRoot: keys/release.pub }'],
      ['3:62 "keys/release.pub" is no JSON'],
    ],
    [
      'an issuer that is no address',
      ['ci: { issuer: github, identity: x, trustedRoot: keys/root.json }'],
      [/^3:17 `ci.issuer`: "github" is no address of an issuer/],
    ],
    ...['mailto:me@a.example', 'https://', 'ssh+https://a.example', 'https://a.example/ x'].map(
      (issuer): [string, string[], RegExp[]] => [
        `an issuer that is no address: ${issuer}`,
        [`ci: { issuer: "${issuer}", identity: x, trustedRoot: keys/root.json }`],
        [/^3:17 `ci.issuer`: .* is no address of an issuer/],
      ],
    ),
    [
      'an identity that is no glob',
      ['ci: { issuer: https://a.example, identity: "x{", trustedRoot: keys/root.json }'],
      [/^3:46 `ci.identity`: the glob "x\{" has a/],
    ],
    [
      'half an identity',
      ['ci: { issuer: https://a.example }'],
      ['3:3 a signer without a `key` needs `identity`, `trustedRoot`, too'],
    ],
    [
      'an identity without an issuer',
      ['ci: { identity: x, trustedRoot: keys/root.json }'],
      ['3:3 a signer without a `key` needs `issuer`, too'],
    ],
    [
      'more than a key',
      ['ci: { key: keys/release.pub, issuer: https://a.example, identity: x }'],
      ['3:3 a signer has a `key`, or is known by `issuer`, `identity`; not both'],
    ],
    [
      'both forms at once',
      ['ci: { key: keys/release.pub, issuer: https://a.example }'],
      ['3:3 a signer has a `key`, or is known by `issuer`; not both'],
    ],
    [
      'both forms at once, and not of the file, which is missing',
      ['ci: { key: keys/none.pub, issuer: https://a.example }'],
      ['3:3 a signer has a `key`, or is known by `issuer`; not both'],
    ],
    [
      'nothing at all',
      ['ci: {}'],
      ['3:3 a signer has a `key`, or `issuer`, `identity` and `trustedRoot`'],
    ],
    [
      'a key of another name',
      ['release: { key: keys/release.pub, keys: 1 }'],
      ['3:37 unknown key `keys`; did you mean `key`?'],
    ],
  ])('are reported for %s', (_, signers, expected) => {
    const matching = expected.map((one) =>
      typeof one === 'string' ? one : (expect.stringMatching(one) as string),
    );
    expect(problemsIn(written(signers, [SOURCE]))).toEqual(matching);
  });

  it('are read once where several have one file, and not at all where none is named', () => {
    const read: string[] = [];
    const count = (path: string): string => {
      read.push(path);
      return readBeside(path);
    };
    parseRules(
      written(['a: { key: keys/release.pub }', 'b: { key: keys/release.pub }'], [SOURCE]),
      'r',
      count,
    );
    expect(read).toEqual(['keys/release.pub']);
  });
});

describe('what is required', () => {
  it.each<[string, string[], (string | RegExp)[]]>([
    [
      'of an unknown signer',
      ['require:', '  - { statement: signature, by: [releese] }', 'override: [nobody]'],
      ['23:38 unknown signer "releese"; did you mean "release"?', '24:16 unknown signer "nobody"'],
    ],
    [
      'by a bad name',
      ['require: [{ statement: signatur, by: [release] }]'],
      [/^22:28 `require\[0\]\.statement`: "signatur" is neither .*; did you mean "signature"\?/],
    ],
    [
      'at a bad pointer',
      ['require:', '  - { statement: sbom, by: [release], where: { name: [a] } }'],
      [/^23:52 "name": is no JSON Pointer/],
    ],
    [
      'by a bad glob',
      ['require:', '  - { statement: sbom, by: [release], where: { /name: ["a{"] } }'],
      [/^23:60 .*the glob "a\{" has a/],
    ],
    [
      'by nobody',
      ['require: [{ statement: sbom, by: [] }]'],
      ['22:38 `require[0].by` is empty: name at least one, or leave it out'],
    ],
    [
      'under another key',
      ['require: [{ statement: sbom, from: [release], by: [release] }]'],
      [/^22:34 unknown key `from`/],
    ],
    ['of nothing', ['require: []'], [/^22:14 `require` is empty/]],
  ])('is reported to be wrong: %s', (_, clauses, expected) => {
    const matching = expected.map((one) =>
      typeof one === 'string' ? one : (expect.stringMatching(one) as string),
    );
    expect(problemsIn(written([RELEASE], [SOURCE, ...clauses]))).toEqual(matching);
  });

  it('blames the signer alone, and not the rule that names it', () => {
    const rule = [SOURCE, 'require: [{ statement: signature, by: [release] }]'];
    expect(problemsIn(written(['release: { key: keys/none.pub }'], rule))).toHaveLength(1);
  });
});

it('reports unknown signers together with all other problems', () => {
  const rule = [
    'require:',
    '  - { statement: signatur, by: [nobody, 3] }',
    '  - { statement: sbom, by: [relase], were: {} }',
    'override: [nobody, 3]',
  ];
  const reported = problemsIn(written([RELEASE], rule));
  expect(reported.filter((text) => text.includes('unknown signer'))).toEqual([
    '22:37 unknown signer "nobody"',
    '23:33 unknown signer "relase"; did you mean "release"?',
    '24:16 unknown signer "nobody"',
  ]);
  expect(reported).toHaveLength(8);
});

it('reports a file that is too long for a key, without searching it', () => {
  const blocks = '-----BEGIN A-----\n'.repeat(100_000);
  const readLong = () => blocks;
  expect(() => parseRules(written([RELEASE], [SOURCE]), 'r', readLong)).toThrow(
    '"keys/release.pub" is longer than 16384 characters',
  );
});
