// Writes what editors, readers and Terraform know of rules.yaml, of notices and of answers in JSON, from their schemas: JSON schemas, the
// tables in docs/, the columns of the table that notices fill.
import { readFileSync, writeFileSync } from 'node:fs';
import prettier from 'prettier';
import { loadTypeScript } from './load.mjs';

const { rulesJsonSchema, rulesKeysTable } = await loadTypeScript('shared/kinds/rules-reference.ts');
const { noticeColumns, noticeJsonSchema, noticeTable } = await loadTypeScript(
  'shared/delivery/notice-reference.ts',
);
const { answersJsonSchema } = await loadTypeScript('cli/answers.ts');

writeJson('rules.schema.json', rulesJsonSchema());
writeJson('docs/notice.schema.json', noticeJsonSchema());
writeJson('docs/answers.schema.json', answersJsonSchema());
writeJson('infra/notices.bigquery.json', noticeColumns());
await writeFrom('docs/rules.md', '## A target\n', rulesKeysTable());
const fields = '## Fields of a release event\n';
await writeFrom('docs/release-events.md', fields, `${fields}\n${noticeTable()}`);

function writeJson(file, content) {
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

/** All from a heading on is written anew. */
async function writeFrom(page, heading, content) {
  const [above] = readFileSync(page, 'utf8').split(heading);
  const options = await prettier.resolveConfig(page);
  const text = await prettier.format(`${above}${content}\n`, { ...options, filepath: page });
  writeFileSync(page, text);
}
