import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Example } from './example';

type Terraform = (...line: readonly string[]) => Promise<string>;

/** A copy of infra/ of its own for one example, with the package beside it as in the repository. */
export interface Workspace {
  readonly path: string;
  /** Writes the rules and packs them. */
  readonly pack: (rules: string) => Promise<void>;
  /** Terraform in the example's folder. @throws {Error} with what went wrong */
  readonly terraform: Terraform;
  /** Sets variables of the module that the example calls, in place of those that were set before. */
  readonly override: (settings: Readonly<Record<string, boolean | string>>) => void;
  /** Runs bash in the copy. @throws {Error} with what went wrong */
  readonly shell: (script: string, more: NodeJS.ProcessEnv) => Promise<string>;
  readonly remove: () => void;
}

export function createWorkspace(
  root: string,
  { folder, rules }: Example,
  environment: NodeJS.ProcessEnv,
): Workspace {
  const copy = mkdtempSync(join(tmpdir(), 'relay-infra-'));
  const terraform: Terraform = async (command, ...line) => {
    const all = [
      command,
      '-no-color',
      ...(['output', 'show'].includes(command) ? [] : ['-input=false']),
      ...line,
    ];
    return await run('terraform', all, join(copy, folder), environment);
  };
  cpSync(join(root, 'infra'), join(copy, 'infra'), { recursive: true, filter: isShared });
  const sample = join(copy, folder, 'terraform.tfvars.example');
  if (existsSync(sample)) cpSync(sample, join(copy, folder, 'terraform.tfvars'));
  return {
    path: copy,
    pack: async (text) => {
      const file = join(copy, rules!.file);
      writeFileSync(file, text);
      const line = [
        join(root, 'scripts/package.mjs'),
        '--rules',
        file,
        '--out',
        join(copy, 'dist'),
      ];
      await run(process.execPath, line, root, process.env);
    },
    terraform,
    override: (settings) => {
      const main = readFileSync(join(copy, folder, 'main.tf'), 'utf8');
      const [, module] = /^module "(\w+)"/m.exec(main)!;
      const lines = Object.entries(settings).map(
        ([name, value]) => `  ${name} = ${JSON.stringify(value)}`,
      );
      const override = `module "${module!}" {\n${lines.join('\n')}\n}\n`;
      writeFileSync(join(copy, folder, 'test_override.tf'), override);
    },
    shell: (script, more) => run('bash', ['-c', script], copy, { ...environment, ...more }),
    remove: () => rmSync(copy, { recursive: true }),
  };
}

/** What users have written for a deployment of their own, and what Terraform has, is none of the example's business. */
function isShared(path: string): boolean {
  return !/^(?:backend\.tf|.*\.tfvars|.*\.tfstate.*|\.terraform.*)$/.test(basename(path));
}

async function run(
  command: string,
  line: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const child = spawn(command, line, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => output.push(chunk));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const text = Buffer.concat(output).toString();
  if (code === 0) return text;
  throw new Error(`${command} ${line[0]!} ended with ${code ?? 'a signal'}:\n${telling(text)}`);
}

/** What went wrong, else what is planned. */
function telling(output: string): string {
  const start = output.search(/^Error: /m);
  return start >= 0
    ? output.slice(start)
    : output.replaceAll(/^.*: (?:Refreshing|Reading|Read complete).*\n/gm, '');
}
