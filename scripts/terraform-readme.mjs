// `npm run terraform:readme`: writes what each configuration takes, makes and gives into the READMEs below infra/, as
// terraform-docs does with infra/.terraform-docs.yml. With --check it writes nothing and fails when one is out of date.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';

const check = process.argv.includes('--check');
const modules = readdirSync('infra/modules').map((name) => join('infra', 'modules', name));

for (const folder of ['infra', ...modules.sort()]) {
  const readme = join(folder, 'README.md');
  const written = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
  const current = inject(written, describe(await readFolder(folder)), readme);
  if (current === written) continue;
  if (check) {
    console.error(`${readme} is out of date: run \`npm run terraform:readme\`.`);
    process.exitCode = 1;
  } else {
    writeFileSync(readme, current);
  }
}

/** All blocks of a folder: by kind, then by the labels of each. */
async function readFolder(folder) {
  const all = { terraform: [], module: {}, resource: {}, data: {}, variable: {}, output: {} };
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.tf'))
    .sort()) {
    const file = await parse(name, readFileSync(join(folder, name), 'utf8'));
    all.terraform.push(...(file.terraform ?? []));
    for (const kind of ['module', 'variable', 'output']) Object.assign(all[kind], file[kind]);
    for (const kind of ['resource', 'data']) {
      for (const [type, named] of Object.entries(file[kind] ?? {})) {
        all[kind][type] = { ...all[kind][type], ...named };
      }
    }
  }
  return all;
}

function describe({ terraform, module, resource, data, variable, output }) {
  const [{ required_version, required_providers }] = terraform;
  const providers = required_providers.flatMap(Object.entries);
  const versions = providers.map(([name, { version }]) => [name, version]);
  return [
    section('Requirements', ['Name', 'Version'], [['terraform', required_version], ...versions]),
    section('Providers', ['Name', 'Version'], Object.keys(resource).length > 0 ? versions : []),
    section(
      'Modules',
      ['Name', 'Source', 'Version'],
      sorted(module).map(([name, [{ source, version }]]) => [name, source, version ?? 'n/a']),
    ),
    section(
      'Resources',
      ['Name', 'Type'],
      [
        ...addresses(resource, 'resource', 'resources'),
        ...addresses(data, 'data source', 'data-sources'),
      ],
    ),
    section(
      'Inputs',
      ['Name', 'Description', 'Type', 'Default', 'Required'],
      sorted(variable)
        .sort(([, [a]], [, [b]]) => Number('default' in a) - Number('default' in b))
        .map(([name, [block]]) => [
          name,
          lines(block.description),
          typeOf(block),
          'default' in block ? `\`${JSON.stringify(block.default)}\`` : 'n/a',
          'default' in block ? 'no' : 'yes',
        ]),
    ),
    section(
      'Outputs',
      ['Name', 'Description'],
      sorted(output).map(([name, [block]]) => [name, lines(block.description)]),
    ),
  ].join('\n\n');
}

function sorted(blocks) {
  return Object.entries(blocks).sort(([a], [b]) => (a < b ? -1 : 1));
}

function addresses(types, kind, page) {
  return sorted(types).flatMap(([type, named]) =>
    sorted(named).map(([name]) => {
      const [provider, ...rest] = type.split('_');
      const at = `https://registry.terraform.io/providers/hashicorp/${provider}/latest/docs/${page}/${rest.join('_')}`;
      return [`[${type}.${name}](${at})`, kind];
    }),
  );
}

function section(title, head, rows) {
  if (rows.length === 0) return `## ${title}\n\nNo ${title.toLowerCase()}.`;
  const cells = [head, head.map((name) => '-'.repeat(name.length)), ...rows];
  return `## ${title}\n\n${cells.map((row) => `| ${row.join(' | ')} |`).join('\n')}`;
}

function typeOf({ type }) {
  const text = type.replace(/^\$\{|\}$/g, '');
  return text.includes('\n') ? `<pre>${text.replaceAll('\n', '<br/>')}</pre>` : `\`${text}\``;
}

function lines(text) {
  return text.trim().replaceAll('|', '\\|').replaceAll('\n', '<br/>');
}

function inject(text, content, readme) {
  const [begin, end] = ['<!-- BEGIN_TF_DOCS -->', '<!-- END_TF_DOCS -->'];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${readme} lacks ${begin} ... ${end}.`);
  return `${text.slice(0, from)}${begin}\n${content}\n${text.slice(to)}`;
}
