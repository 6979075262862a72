import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const root = join(__dirname, '..', '..');
const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((name) => name !== '' && existsSync(join(root, name)));

/** Without what is quoted from elsewhere: blocks of commands and output. */
function proseOf(document: string): string {
  return readFileSync(join(root, document), 'utf8').replaceAll(/^```[^]*?^```/gm, '');
}

/** As GitHub makes an anchor of a heading. */
function anchorsOf(document: string): string[] {
  return [...proseOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[`*_]/g, '')
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it('has a page that explains each member of a kind', () => {
  const page = readFileSync(join(root, 'docs/contributing/adding-a-kind.md'), 'utf8');
  const [, own = ''] = readFileSync(join(root, 'shared/kinds/kind.ts'), 'utf8').split(
    'export interface',
  );
  const members = [...own.matchAll(/^ {2}(?:readonly )?(\w+)[?(:]/gm)].map(([, name = '']) => name);
  expect(members.length).toBeGreaterThan(5);
  expect(members.filter((name) => !page.includes(`| \`${name}\``))).toStrictEqual([]);
});

describe.each(documents)('%s', (document) => {
  const prose = proseOf(document);

  it('links to what is there', () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? document : normalize(join(dirname(document), path));
        if (!existsSync(join(root, target))) return true;
        return (
          anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
        );
      });
    expect(broken).toStrictEqual([]);
  });

  it('names files and folders that are there', () => {
    const named = [...prose.matchAll(/`([^`\s]+)`/g)].map(([, name = '']) => name);
    const missing = named
      .filter((name) =>
        /^(?:bench|cli|docs|functions|infra|local|scripts|shared|test)\//.test(name),
      )
      .filter((name) => !/[<>$]|NAME/.test(name))
      .map((name) => name.replace(/:\d+$/, ''))
      .filter(
        (name) => !existsSync(join(root, name)) && globSync(name, { cwd: root }).length === 0,
      );
    expect(missing).toStrictEqual([]);
  });
});
