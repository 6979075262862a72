// `npm run package [-- --rules FILE] [--out FOLDER] [--without-terraform]`: writes dist/registry-relay.zip, what Cloud Functions
// deploys, with the rules and the keys that they name, and next to it dist/registry-relay.json, by which Terraform knows which
// rules are in it and what they need; without Terraform the zip alone, and rules may name registries that report nothing to Google
// of. The same input gives the same bytes.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { zipSync } from 'fflate';
import { packageFacts, readRules, RefusedRulesError } from './package-facts.mjs';

const values = parseLine();
const out = fromCaller(values.out) ?? 'dist';
const rulesFile = fromCaller(values.rules ?? process.env.RULES_FILE) ?? 'rules.yaml';
const rules = await orRefused(() => readRules(rulesFile));

const bundles = filesBelow('dist/functions');
const files = {
  ...rules.files,
  ...Object.fromEntries(bundles.map((path) => [path, readFileSync(path)])),
  'package.json': Buffer.from(deployedManifest(bundles)),
  'package-lock.json': readFileSync('package-lock.json'),
  'rules.yaml': rules.bytes,
};
const zip = zipFiles(files);
const facts = values['without-terraform']
  ? undefined
  : await orRefused(() => packageFacts(zip, rules));
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'registry-relay.zip'), zip);
if (facts !== undefined) {
  writeFileSync(join(out, 'registry-relay.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
}
console.log(
  `${join(out, 'registry-relay.zip')}: ${Object.keys(files).length} files, ${Math.round(zip.length / 1024)} KiB, rules from ` +
    `${rulesFile}${facts === undefined ? '' : `, sha256 ${facts.sha256}`}`,
);

function parseLine() {
  const options = {
    rules: { type: 'string' },
    out: { type: 'string' },
    'without-terraform': { type: 'boolean', default: false },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const usage = 'npm run package [-- --rules FILE] [--out FOLDER] [--without-terraform]';
    console.error(`${error.message}\n${usage}`);
    return process.exit(2);
  }
}

/** npm runs its scripts in the folder of the package: what a person names lies where he stands. */
function fromCaller(path) {
  const { INIT_CWD, npm_lifecycle_event: script } = process.env;
  const isByNpm = INIT_CWD !== undefined && script === 'package';
  return isByNpm && path !== undefined ? resolve(INIT_CWD, path) : path;
}

async function orRefused(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RefusedRulesError)) throw error;
    console.error(`${error.message}\nNothing was packed: correct the rules first.`);
    return process.exit(1);
  }
}

/** In the order of their names, whatever the disk says. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'))
    .sort();
}

/**
 * package.json with what the bundles load at run time, at the versions of the lock file. Google's build runs `gcp-build`, which
 * compiles for cold starts.
 */
function deployedManifest(bundles) {
  const { name, version, license, main } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const loaded = new Set(bundles.flatMap((path) => loadedPackages(readFileSync(path, 'utf8'))));
  const dependencies = Object.fromEntries(
    [...loaded]
      .sort()
      .map((dependency) => [dependency, packages[`node_modules/${dependency}`].version]),
  );
  const scripts = { 'gcp-build': 'node dist/functions/compile.js' };
  return `${JSON.stringify({ name, version, license, private: true, main, scripts, dependencies }, undefined, 2)}\n`;
}

function loadedPackages(code) {
  return (
    [...code.matchAll(/\b(?:require|import)\((["'])([^"'.][^"']*)\1\)/g)]
      .map(([, , specifier]) => specifier.match(/^(?:@[^/]+\/)?[^/]+/)[0])
      // An older Node packs as well, which does not have all of them.
      .filter((name) => !name.startsWith('node:') && !isBuiltin(name))
  );
}

/** A zip that depends on names and contents alone: one order, one time, one mode, one compressor. */
function zipFiles(files) {
  // Zip holds local time from 1980 on: midnight there is the same everywhere.
  const mtime = new Date(1980, 0, 1);
  const regularFile = 0o100644;
  return zipSync(
    Object.fromEntries(
      Object.keys(files)
        .sort()
        .map((path) => [path, [files[path], { mtime, os: 3, attrs: regularFile << 16 }]]),
    ),
    { level: 9 },
  );
}
