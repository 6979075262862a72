// Writes rules.schema.json, which editors read, from the schema in shared/rules/schema.ts.
import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const { outputFiles } = await build({
  entryPoints: ['shared/rules/schema.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(process.cwd() + '/');",
  },
});
const [{ text }] = outputFiles;
const { rulesJsonSchema } = await import(
  `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`
);
writeFileSync('rules.schema.json', `${JSON.stringify(rulesJsonSchema(), undefined, 2)}\n`);
