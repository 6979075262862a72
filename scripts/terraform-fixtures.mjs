// `npm run terraform:fixtures`: writes the packages that Terraform's tests take for those of `npm run package`: the rules are
// real, and the zip is one line. With --check it writes nothing and fails when one is out of date.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFacts, readRules } from './package-facts.mjs';

const check = process.argv.includes('--check');
const fixtures = 'infra/modules/vendor/tests/fixtures';

// `older` is what older versions wrote.
for (const name of readdirSync(fixtures).filter((one) => one !== 'older')) {
  const file = join(fixtures, name, 'relay.json');
  const rules = await readRules(join(fixtures, name, 'rules.yaml'), 'rules.yaml');
  const facts = await packageFacts(readFileSync(join(fixtures, name, 'relay.zip')), rules);
  const text = `${JSON.stringify(facts, undefined, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (check) {
    console.error(`${file} is out of date: run \`npm run terraform:fixtures\`.`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
  }
}
