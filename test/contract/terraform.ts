import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';
import * as z from 'zod';

const Block = z.record(z.string(), z.unknown());
const Blocks = z.record(z.string(), z.array(Block)).default({});
const TerraformFile = z.object({
  locals: z.array(Block).default([]),
  variable: Blocks,
  output: Blocks,
  module: Blocks,
  resource: z.record(z.string(), Blocks).default({}),
});

export type Block = z.output<typeof Block>;

/** One configuration as data; expressions stand as text, `"${...}"`. */
export interface Terraform {
  readonly locals: Block;
  readonly variables: Readonly<Record<string, Block>>;
  readonly outputs: Readonly<Record<string, Block>>;
  readonly modules: Readonly<Record<string, Block>>;
  /** By type and name. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, Block>>>>;
}

export async function readTerraform(folder: string): Promise<Terraform> {
  const locals: Block = {};
  const resources: Record<string, Record<string, Block>> = {};
  const [variables, outputs, modules] = [{}, {}, {}];
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.tf'))) {
    const file = TerraformFile.parse(await parse(name, readFileSync(join(folder, name), 'utf8')));
    Object.assign(locals, ...file.locals);
    Object.assign(variables, only(file.variable));
    Object.assign(outputs, only(file.output));
    Object.assign(modules, only(file.module));
    for (const [type, named] of Object.entries(file.resource)) {
      Object.assign((resources[type] ??= {}), only(named));
    }
  }
  return { locals, variables, outputs, modules, resources };
}

/** A labelled block is there once. */
function only(blocks: z.output<typeof Blocks>): Record<string, Block> {
  return Object.fromEntries(Object.entries(blocks).map(([name, [block = {}]]) => [name, block]));
}

/** All Terraform below a folder, as text. */
export function terraformTexts(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(tf|tfvars)$/.test(name) && !name.includes('.terraform/'),
  );
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
