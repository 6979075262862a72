import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { parseRules, rulesJsonSchema, rulesKeysTable, rulesSchema } from '../../kinds/rules';

const root = join(__dirname, '../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('rules.schema.json', () => {
  it('is fresh (else: npm run schema)', () => {
    expect(JSON.parse(read('rules.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(rulesJsonSchema())),
    );
  });

  it('has the tables of docs/rules.md (else: npm run schema)', () => {
    const unpadded = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
    expect(unpadded(read('docs/rules.md'))).toContain(unpadded(rulesKeysTable()));
  });

  it('explains every key to an editor', () => {
    const { properties } = rulesJsonSchema() as {
      properties: { rules: { items: { properties: Record<string, { description?: string }> } } };
    };
    const undescribed = Object.entries(properties.rules.items.properties).filter(
      ([, { description }]) => description === undefined,
    );
    expect(undescribed).toStrictEqual([]);
  });
});

describe('the sample rules.yaml', () => {
  it('is right', () => {
    expect(parseRules(read('rules.yaml'), 'rules.yaml').rules).not.toHaveLength(0);
  });
});

describe('the keys at a path', () => {
  it.each([
    [[], 'groups'],
    [['targets', 'acme'], 'repository'],
    [['signers', 'ci'], 'trustedRoot'],
    [['rules', 0], 'source'],
    [['rules', 0, 'tags'], 'semver'],
  ])('%j include %s', (path, key) => expect(rulesSchema.keysAt(path)).toContain(key));
});

describe('a target', () => {
  const problemsOf = (schema: z.ZodType, written: unknown) =>
    (schema.safeParse(written).error?.issues ?? []).map(({ message }) => message);

  it.each([
    [
      {
        repository: 'us-docker.pkg.dev/acme/vendor',
        templates: 'us-kfp.pkg.dev/acme/r',
        bucket: 'gs://acme/in',
      },
      [],
    ],
    [
      { repository: 'gs://acme' },
      ['"gs://acme" is a place for objects, which a target names as `bucket`'],
    ],
    [
      { repository: 'us-docker.pkg.dev/acme' },
      [expect.stringMatching(/^"us-docker\.pkg\.dev\/acme" names no repository/) as string],
    ],
    [{ bucket: 'gs://' }, [expect.stringMatching(/bucket/) as string]],
    [{ impersonate: 'release@acme-prod.iam.gserviceaccount.com' }, []],
    [
      { impersonate: 'release@acme.example' },
      ['not the address of a service account (name@project.iam.gserviceaccount.com)'],
    ],
  ])('may be %j: %j', (written, expected) => {
    expect(problemsOf(rulesSchema.target, written)).toEqual(expected);
  });

  it.each([
    ['a', []],
    ['a.B_c-9', []],
    ['x'.repeat(63), []],
    ...['', '-a', 'a-', 'ä', 'x'.repeat(64)].map((name): [string, string[]] => [
      name,
      [
        'a name has 1 to 63 letters, digits, ".", "_" and "-", and begins and ends with a letter or digit',
      ],
    ]),
  ])('has a name as a rule has, such as %j: %j', (name, expected) => {
    expect(problemsOf(rulesSchema.rule.shape.name, name)).toEqual(expected);
  });
});
