import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BOOTSTRAP_APIS,
  DEFAULT_SIZES,
  DEPLOYER_ROLES,
  TERRAFORM_APIS,
} from '../../shared/doctor/before-deploy/needs';

const infra = join(__dirname, '..', '..', 'infra');
const bootstrap = readFileSync(join(infra, 'bootstrap.sh'), 'utf8');
const vendor = join(infra, 'modules', 'vendor');
const variables = readFileSync(join(vendor, 'variables.tf'), 'utf8');
const services = readFileSync(join(vendor, 'services.tf'), 'utf8');

/** The words of a list in bash: `name=( a b )`. */
function listed(name: string): string[] {
  const [, words = ''] = new RegExp(`^${name}=\\(([^)]*)\\)`, 'm').exec(bootstrap) ?? [];
  return words.split(/\s+/).filter(Boolean).sort();
}

it('asks for the roles that bootstrap.sh grants to the account that applies', () => {
  expect(Object.keys(DEPLOYER_ROLES).sort()).toEqual(listed('roles'));
});

it('asks for the APIs that bootstrap.sh enables', () => {
  const enabled = listed('services').map((name) => `${name}.googleapis.com`);
  expect([...BOOTSTRAP_APIS].sort()).toEqual(enabled);
});

it('asks for the APIs that every apply enables', () => {
  const [always = ''] = /concat\(\s*\[[^\]]*\]/.exec(services) ?? [];
  const names = [...always.matchAll(/"([a-z]+\.googleapis\.com)"/g)].map(([, name]) => name);
  // The schedule of reconcile is on by default.
  const enabled = [...names, 'cloudscheduler.googleapis.com'];
  const asked: readonly string[] = [...BOOTSTRAP_APIS, ...TERRAFORM_APIS];
  expect(enabled.filter((name) => !asked.includes(name!))).toStrictEqual([]);
  expect(TERRAFORM_APIS.filter((name) => !enabled.includes(name))).toStrictEqual([]);
});

it.each(Object.entries(DEFAULT_SIZES))('compares quotas with the defaults of %s', (name, size) => {
  const variable = `variable "${name.replace('-', '_')}"`;
  const block = variables.slice(variables.indexOf(variable));
  const defaultOf = (key: string) =>
    new RegExp(`\\b${key}\\s*=\\s*optional\\(\\w+, "?(\\d+)`).exec(block)?.[1];
  expect(size).toEqual({
    instances: Number(defaultOf('max_instances')),
    cpu: Number(defaultOf('cpu')),
    memory: Number(defaultOf('memory')),
  });
});
