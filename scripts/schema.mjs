// Writes rules.schema.json, which editors read, from the schema in shared/rules.
import { writeFileSync } from 'node:fs';
import { loadTypeScript } from './load.mjs';

const { rulesJsonSchema } = await loadTypeScript('shared/kinds/rules.ts');
writeFileSync('rules.schema.json', `${JSON.stringify(rulesJsonSchema(), undefined, 2)}\n`);
