// Writes what editors and readers know of rules.yaml, from the schema in shared/rules: rules.schema.json, and the tables in
// docs/rules.md.
import { readFileSync, writeFileSync } from 'node:fs';
import prettier from 'prettier';
import { loadTypeScript } from './load.mjs';

const { rulesJsonSchema, rulesKeysTable } = await loadTypeScript('shared/kinds/rules-reference.ts');
writeFileSync('rules.schema.json', `${JSON.stringify(rulesJsonSchema(), undefined, 2)}\n`);

const page = 'docs/rules.md';
const [above] = readFileSync(page, 'utf8').split('## A target\n');
const options = await prettier.resolveConfig(page);
const text = await prettier.format(`${above}${rulesKeysTable()}\n`, { ...options, filepath: page });
writeFileSync(page, text);
