// docs/deploy.md's quick start, word for word: bash runs its commands, with the real terraform and relay, and gcloud of the stand-in.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { createWorld, projectNumber, type World } from '../google-apis/world';
import type { Example } from './example';
import { installGcloud } from './gcloud';
import { onStage, planNothing, type Setting } from './lifecycle';

/** What Google enables in each new project, of what is used here. */
const ENABLED_BEFORE = ['logging', 'monitoring', 'serviceusage', 'storage'];
/** Milliseconds until a grant takes effect: less than an apply waits (lifecycle.ts). */
const PROPAGATION = 5_000;
const COPIED = 'customer/hello:1.0.0';

/** Follows the quick start in a new project. @throws {Error} unless it deploys, grants for the customer, and undoes all */
export async function followQuickStart(setting: Setting): Promise<void> {
  const [follow = '', undo = ''] = blocksOf(setting.root);
  const [variables = '', project = ''] = /^export PROJECT=(\S+) .*$/m.exec(follow) ?? [];
  const world = newWorld(project);
  const rules = { file: 'rules.yaml', text: '' };
  const example: Example = { name: 'quick start', folder: 'infra', rules };
  await onStage(setting, example, world, async ({ workspace, step }) => {
    copyRepository(setting.root, workspace.path);
    const tools = join(workspace.path, '.tools');
    const close = await installGcloud(tools, world, project);
    replaceCommands(tools);
    const environment = {
      PATH: [tools, process.env['PATH']].join(delimiter),
      TF_CLI_ARGS_apply: '-auto-approve',
      TF_CLI_ARGS_destroy: '-auto-approve',
    };
    const bash = (script: string): Promise<string> =>
      workspace.shell(`set -euo pipefail\n${variables}\n${script}`, environment);
    try {
      await step('as written', async () => {
        const reported = await bash(follow);
        if (!reported.includes(COPIED)) throw new Error(`Nothing releases the image:\n${reported}`);
        expectDeployment(world, workspace.path, project);
        return /Resources: .*/.exec(reported)![0];
      });
      await step('plan again', () => planNothing(workspace));
      await step('undo as written', async () => {
        await bash(undo);
        expectNothing(world, project);
        return 'nothing left';
      });
    } finally {
      close();
    }
  });
}

function blocksOf(root: string): readonly string[] {
  const text = readFileSync(join(root, 'docs', 'deploy.md'), 'utf8');
  const section = /^## Quick start\n([^]*?)^### /m.exec(text)![1]!;
  return [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);
}

function newWorld(project: string): World {
  const world = createWorld({ propagation: PROPAGATION });
  const enabled = ENABLED_BEFORE.map((name) => `${name}.googleapis.com`);
  world.enabled.set(project, new Set(enabled));
  return world;
}

/** All that a checkout has, beside infra/, which is there. State is kept on this machine, whatever backend.tf says. */
function copyRepository(root: string, copy: string): void {
  const others = readdirSync(root).filter(
    (name) => !['.git', '.local', 'dist', 'infra', 'node_modules'].includes(name),
  );
  for (const name of others) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(
    join(copy, 'infra', 'state_override.tf'),
    'terraform {\n  backend "local" {\n  }\n}\n',
  );
}

/** Of npx the copy of an image alone: what it would release is explained instead. There is no checkout to restore, either. */
function replaceCommands(tools: string): void {
  const npx = execFileSync('sh', ['-c', 'command -v npx'], { encoding: 'utf8' }).trim();
  const explain = `if [ "$2" = copy ]; then exec '${npx}' relay explain "$4"; fi`;
  const scripts = { npx: `${explain}\nexec '${npx}' "$@"`, git: 'exit 0' };
  mkdirSync(tools, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(tools, name), 0o755);
  }
}

/** @throws {Error} unless the functions are there, the customer has granted, and backend.tf names the bucket for the state */
function expectDeployment({ resources, policies }: World, path: string, project: string): void {
  const functions = [...resources.keys()].filter((name) => name.includes('/functions/'));
  if (functions.length !== 3) throw new Error(`Not three functions: ${functions.join(', ')}`);
  const customer = [...policies].find(([name]) => name.endsWith('/repositories/customer'));
  const granted = JSON.stringify(customer ?? []);
  for (const role of ['writer', 'reader']) {
    if (!granted.includes(`roles/artifactregistry.${role}`))
      throw new Error(`The customer grants no ${role}: ${granted}`);
  }
  const backend = readFileSync(join(path, 'infra', 'backend.tf'), 'utf8');
  const [, bucket = ''] = /bucket = "(.*)"/.exec(backend) ?? [];
  const owner = resources.get(`//storage.googleapis.com/b/${bucket}`)?.['projectNumber'];
  if (owner !== projectNumber(project)) throw new Error(`No bucket for ${backend}`);
}

/** @throws {Error} while anything is left, but what Google's agents may do */
function expectNothing({ resources, policies }: World, project: string): void {
  const ofProject = `//cloudresourcemanager.googleapis.com/projects/${project}`;
  const granted = [...policies].filter(([name, policy]) => {
    const bindings = policy['bindings'];
    return name !== ofProject && Array.isArray(bindings) && bindings.length > 0;
  });
  const left = [...resources.keys(), ...granted.map(([name]) => `IAM of ${name}`)];
  if (left.length > 0) throw new Error(`Left behind:\n${left.join('\n')}`);
}
