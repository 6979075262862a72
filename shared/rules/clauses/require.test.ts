import * as z from 'zod';
import { createSampleSigner } from '../../../local/images/signing';
import { toldOfKey } from '../../../test/support/clause-keys';
import { KINDS } from '../../kinds/kinds';
import { SIGNATURE } from '../../statements/requirement';
import { parsePublicKeys, type Signer } from '../../statements/signers/signer';
import { override } from './override';
import { requirements } from './require';

const { image } = KINDS;

const signerOf = (name: string): Signer => ({
  kind: 'key',
  name,
  keys: parsePublicKeys(createSampleSigner(name).publicKey),
});
const [release, ci] = [signerOf('release'), signerOf('ci')];
const SIGNERS = new Map<string, Signer | undefined>([
  ['release', release],
  ['ci', ci],
  ['wrong', undefined],
]);

const WRITTEN = [
  { statement: 'signature', by: ['release', 'ci', 'release'], identity: ['**/${image}', 'api'] },
  {
    statement: 'sbom',
    by: ['ci'],
    where: { '/name': ['api', 'api-*'], '/version': ['1'] },
    enforce: false,
  },
];

const fields = requirements.compile({ require: WRITTEN }, image, SIGNERS);
const none = requirements.compile({}, image, SIGNERS);

describe('what is required', () => {
  it('is nothing where nothing is written', () => {
    expect(none).toEqual({ require: [] });
    expect(requirements.awaits?.(none)).toStrictEqual([]);
  });

  it('is summarized with its signers and conditions', () => {
    expect(requirements.awaits?.(fields)).toEqual([
      'signature by release or ci for **/${image} or api',
      'sbom by ci where /name is api or api-* and /version is 1 (not enforced)',
    ]);
  });

  it('is said as plain data', () => {
    const described = [release, ci].map((signer) => ({
      name: signer.name,
      keys: signer.kind === 'key' && signer.keys.map(({ fingerprint }) => fingerprint),
    }));
    expect(requirements.says(fields)).toEqual([
      {
        statement: 'signature',
        by: described,
        identity: ['**/${image}', 'api'],
        conditions: [],
        enforce: true,
      },
      {
        statement: 'sbom',
        by: described.slice(1),
        identity: [],
        conditions: [
          ['/name', ['api', 'api-*']],
          ['/version', ['1']],
        ],
        enforce: false,
      },
    ]);
  });

  it('counts of every rule', () => {
    expect(requirements.decides).toBe('how, by every rule');
    expect(override.decides).toBe('how, by every rule');
  });

  it.each([
    [
      [{ statement: 'signatur', by: ['ci'] }],
      [/^"signatur" is neither .*; did you mean "signature"\?$/],
    ],
    [[{ statement: 'sbom', by: [] }], [/^Too small/]],
    [[{ statement: 'sbom', by: ['ci'], where: { name: ['a'] } }], [/^Invalid key/]],
    [[{ statement: 'sbom', by: ['ci'], where: { '/name': ['a{'] } }], [/^the glob "a\{" has a/]],
    [[{ statement: 'sbom', by: ['ci'], were: {} }], [/^Unrecognized key: "were"/]],
    [
      [{ statement: 'sbom', by: ['ci'], identity: ['api'] }],
      [/^`identity` applies to a signature only: say `where` of sbom$/],
    ],
    [
      [{ statement: 'signature', by: ['ci'], identity: ['${tag}'] }],
      [/^the glob "\$\{tag\}" has \$\{tag\}, which is not one of \$\{repository\}, \$\{image\}$/],
    ],
    [[{ statement: 'signature', by: ['ci'], identity: [] }], [/^Too small/]],
    [
      [{ statement: 'sbom', by: ['ci'], where: { '/tag': ['${tags}'] } }],
      [/has \$\{tags\}, which is not one of/],
    ],
    [[{ statement: SIGNATURE, by: ['ci'], identity: ['api'], where: { '/tag': ['${tag}'] } }], []],
    [[], [/^Too small/]],
    [WRITTEN, []],
    [[{ statement: 'https://example.com/x/v1', by: ['ci'] }], []],
  ])('is read by its form: %j', (written, expected) => {
    const { error } = requirements.keys(KINDS).require.safeParse(written);
    expect((error?.issues ?? []).map(({ message }) => message)).toEqual(
      expected.map((one) => expect.stringMatching(one) as string),
    );
  });

  it('is reported if a key is not a pointer', () => {
    const written = [{ statement: 'sbom', by: ['ci'], where: { name: ['a'] } }];
    const { error } = requirements.keys(KINDS).require.safeParse(written);
    expect(error?.issues).toMatchObject([
      {
        path: [0, 'where', 'name'],
        issues: [{ message: expect.stringContaining('no JSON Pointer') as string }],
      },
    ]);
  });
});

/** What editors read of each of a list. */
function schemaOf(list: z.ZodType): unknown {
  const { items } = z.toJSONSchema(list, { io: 'input' });
  return typeof items === 'object' && 'properties' in items ? items.properties : undefined;
}

describe('the schema of requirements', () => {
  const { statement, enforce } = z
    .object({
      statement: z.object({
        anyOf: z.array(z.object({ enum: z.array(z.string()), pattern: z.string() }).partial()),
      }),
      enforce: z.object({ default: z.boolean() }),
    })
    .parse(schemaOf(requirements.keys(KINDS).require));

  it.each([
    ['signature', true],
    ['approval', true],
    ['signatur', false],
    ['https://example.com/x/v1', true],
    ['x-y.z+1:a', true],
    ['9x:a', false],
    [' https://example.com/x/v1', false],
    ['https://example.com/x y', false],
    ['https:', false],
  ])('lets pass of statements what the relay does: %j, %s', (text, passes) => {
    const byEditor = statement.anyOf.some(
      ({ enum: names, pattern }) =>
        names?.includes(text) === true || (pattern !== undefined && new RegExp(pattern).test(text)),
    );
    const { success } = requirements
      .keys(KINDS)
      .require.safeParse([{ statement: text, by: ['ci'] }]);
    expect([byEditor, success]).toEqual([passes, passes]);
  });

  it('has the default that holds', () => {
    const written = { statement: 'sbom', by: ['ci'] };
    expect(requirements.compile({ require: [written] }, image, SIGNERS)).toEqual(
      requirements.compile({ require: [{ ...written, enforce: enforce.default }] }, image, SIGNERS),
    );
  });
});

describe('an override', () => {
  it.each([
    [undefined, [], [], []],
    [['wrong'], [], [], []],
    [
      ['release', 'ci', 'release'],
      [release, ci],
      ['or an override by release or ci'],
      ['release', 'ci'],
    ],
  ])('by %j is reported', (written, signers, awaited, names) => {
    const allowed = override.compile({ override: written }, image, SIGNERS);
    expect(allowed).toEqual({ override: signers });
    expect(override.awaits?.(allowed)).toEqual(awaited);
    expect(override.says(allowed)).toMatchObject(names.map((name) => ({ name })));
  });
});

it('is a key in the schema, with its kinds', () => {
  expect(toldOfKey('require')).toEqual({
    kinds: ['image'],
    decides: 'how, by every rule',
    badly: [],
  });
});
