// `terraform fmt -check` over infra/, where there is a terraform to ask and something to check.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const infra = join(import.meta.dirname, '..', 'infra');
const files = existsSync(infra)
  ? readdirSync(infra, { recursive: true }).filter((name) =>
      /\.(tf|tfvars|tftest\.hcl)$/.test(name),
    )
  : [];

if (files.length === 0) {
  console.error('infra/ has no Terraform files: nothing to check.');
} else if (spawnSync('terraform', ['version']).error) {
  console.error(`terraform is not installed: ${files.length} files in infra/ are NOT checked.`);
} else {
  const { status } = spawnSync('terraform', ['fmt', '-check', '-diff', '-recursive', infra], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
