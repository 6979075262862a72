import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRules, rulesSchema } from '../../kinds/rules';
import { rulesJsonSchema, rulesKeysTable } from '../../kinds/rules-reference';

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
    [[], 'targets'],
    [['targets', 'acme'], 'repository'],
    [['rules', 0], 'source'],
    [['rules', 0, 'tags'], 'semver'],
  ])('%j include %s', (path, key) => expect(rulesSchema.keysAt(path)).toContain(key));
});
