import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';
import * as z from 'zod';

const Block = z.record(z.string(), z.unknown());
const Blocks = z.record(z.string(), z.array(Block)).default({});
const TerraformFile = z.object({
  locals: z.array(Block).default([]),
  variable: Blocks,
  resource: z.record(z.string(), Blocks).default({}),
});

export type Block = z.output<typeof Block>;

/** One configuration as data; expressions stand as text, `"${...}"`. */
export interface Terraform {
  readonly locals: Block;
  readonly variables: Readonly<Record<string, Block>>;
  /** By type and name. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, Block>>>>;
}

export async function readTerraform(folder: string): Promise<Terraform> {
  const locals: Block = {};
  const variables: Record<string, Block> = {};
  const resources: Record<string, Record<string, Block>> = {};
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.tf'))) {
    const file = TerraformFile.parse(await parse(name, readFileSync(join(folder, name), 'utf8')));
    Object.assign(locals, ...file.locals);
    for (const [key, [block]] of Object.entries(file.variable)) variables[key] = block ?? {};
    for (const [type, named] of Object.entries(file.resource)) {
      const known = (resources[type] ??= {});
      for (const [key, [block]] of Object.entries(named)) known[key] = block ?? {};
    }
  }
  return { locals, variables, resources };
}

/** All Terraform below a folder, as text. */
export function terraformTexts(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(tf|tfvars)$/.test(name) && !name.includes('.terraform/'),
  );
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
