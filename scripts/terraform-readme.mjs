// `npm run terraform:readme`: writes the tables of variables and outputs into the READMEs below infra/, from the Terraform
// itself. With --check it writes nothing and fails when one is out of date.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';

const check = process.argv.includes('--check');

for (const folder of ['infra', 'infra/modules/vendor', 'infra/modules/target']) {
  const readme = join(folder, 'README.md');
  const written = readFileSync(readme, 'utf8');
  const { variables, outputs } = await readFolder(folder);
  const current = replacePart(
    replacePart(written, 'variables', variableTable(variables)),
    'outputs',
    outputTable(outputs),
  );
  if (current === written) continue;
  if (check) {
    console.error(`${readme} is out of date: run \`npm run terraform:readme\`.`);
    process.exitCode = 1;
  } else {
    writeFileSync(readme, current);
  }
}

async function readFolder(folder) {
  const all = { variables: {}, outputs: {} };
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.tf'))
    .sort()) {
    const { variable = {}, output = {} } = await parse(
      name,
      readFileSync(join(folder, name), 'utf8'),
    );
    Object.assign(all.variables, variable);
    Object.assign(all.outputs, output);
  }
  return all;
}

function variableTable(variables) {
  const rows = Object.entries(variables)
    .sort(([, [a]], [, [b]]) => Number('default' in a) - Number('default' in b))
    .map(([name, [block]]) => [
      `\`${name}\``,
      oneLine(block.description),
      `\`${typeOf(block)}\``,
      'default' in block ? `\`${JSON.stringify(block.default)}\`` : '**required**',
    ]);
  return table(['Variable', 'What it is', 'Type', 'Default'], rows);
}

function outputTable(outputs) {
  const rows = Object.entries(outputs).map(([name, [block]]) => [
    `\`${name}\``,
    oneLine(block.description),
  ]);
  return table(['Output', 'What it is'], rows);
}

/** `${object({ ... })}` as it stands in the file, in one line. */
function typeOf({ type }) {
  return type
    .replace(/^\$\{|\}$/g, '')
    .replace(/(?<!\{)\n\s*(?!\s*\})/g, ', ')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/ +/g, ' ');
}

function oneLine(text) {
  return text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/ +/g, ' ')
    .replaceAll('|', '\\|');
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function replacePart(text, name, content) {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`A README lacks ${begin} ... ${end}.`);
  const [ignore, heed] = ['<!-- prettier-ignore-start -->', '<!-- prettier-ignore-end -->'];
  const part = [begin, ignore, '', content, '', heed, ''].join('\n');
  return `${text.slice(0, from)}${part}${text.slice(to)}`;
}
