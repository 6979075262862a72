// Writes JSON schemas, the tables and lists in docs/, and the columns of the table of release events, from the code that defines them.
import { readFileSync, writeFileSync } from 'node:fs';
import prettier from 'prettier';
import { loadTypeScript } from './load.mjs';

const { rulesJsonSchema, rulesKeysTable } = await loadTypeScript('shared/kinds/rules.ts');
const { failureList, releaseEventColumns, releaseEventJsonSchema, releaseEventTable } =
  await loadTypeScript('shared/delivery/reference.ts');
const { answersJsonSchema } = await loadTypeScript('cli/answers.ts');

writeJson('rules.schema.json', rulesJsonSchema());
writeJson('docs/release-event.schema.json', releaseEventJsonSchema());
writeJson('docs/answers.schema.json', answersJsonSchema());
writeJson('infra/release-events.bigquery.json', releaseEventColumns());
writeBetween('docs/operations.md', 'failures', failureList());
await writeFrom('docs/rules.md', '## Keys of a target\n', rulesKeysTable());
const fields = '## Fields of a release event\n';
await writeFrom('docs/release-events.md', fields, `${fields}\n${releaseEventTable()}`);

function writeJson(file, content) {
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

/** Replaces what is between the comments `NAME:begin` and `NAME:end`. */
function writeBetween(page, name, content) {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const text = readFileSync(page, 'utf8');
  const [above, below] = [text.split(begin)[0], text.split(end)[1]];
  writeFileSync(page, `${above}${begin}\n\n${content}\n\n${end}${below}`);
}

/** Replaces everything from a heading on. */
async function writeFrom(page, heading, content) {
  const [above] = readFileSync(page, 'utf8').split(heading);
  const options = await prettier.resolveConfig(page);
  const text = await prettier.format(`${above}${content}\n`, { ...options, filepath: page });
  writeFileSync(page, text);
}
