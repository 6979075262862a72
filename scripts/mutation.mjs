// npm run mutation -- FOLDER... [--file PART]... [--whole] [--again] [--concurrency N] [--report]
// Makes one small mistake after another in the files of each folder and runs the test next to the file: if it notices 90 %
// of them, that is enough. Else, and with --whole, all tests of the folder are asked about what is left, which takes hours.
// Fails when fewer than 90 % of a folder's mutants are noticed. Not part of .ci/run: it takes long all the same.
// What is known stays in dist/mutation: the next run repeats what has changed, and what was not noticed.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { parse } from 'yaml';

const GOAL = 90;
const EQUIVALENTS = 'scripts/mutation-equivalents.yaml';
const NOTICED = new Set(['Killed', 'Timeout']);
const UNNOTICED = new Set(['Survived', 'NoCoverage']);

const { values, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: {
    /** Only files whose path holds one of them; then the goal is not asked for. */
    file: { type: 'string', multiple: true, default: [] },
    /** All tests of the folder, even if those next to the files are enough. */
    whole: { type: 'boolean', default: false },
    /** Test everything again: a change in a file that is neither mutated nor a test does not trigger that. */
    again: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: '1' },
    /** All mutants in their code, as dist/mutation/index.html. */
    report: { type: 'boolean', default: false },
  },
});
if (folders.length === 0) {
  console.error('Which folders? For example: npm run mutation -- shared/jobs');
  process.exit(2);
}

const named = parse(readFileSync(EQUIVALENTS, 'utf8'), { merge: true }) ?? {};
let hasFailed = false;
for (const folder of folders.map((each) => relative('.', resolve(each)))) {
  // A snapshot: files may change while the mutants run.
  const sources = readSources(folder);
  const results = await mutateFolder(folder);
  const mutants = results
    .filter((mutant) => isWanted(relative('.', mutant.fileName)))
    .map((mutant) => withCode(mutant, sources))
    .sort(byPlace);
  if (!reportScores(folder, mutants)) hasFailed = true;
}
process.exitCode = hasFailed ? 1 : 0;

/**
 * Jest loads every test file that it is given for every mutant. So a file's own test is asked first, alone, and the others only
 * where that is not enough.
 */
async function mutateFolder(folder) {
  const paths = readPaths(folder).filter((path) => isWanted(path) && !/\.(test|d)\.ts$/.test(path));
  const own = await askOwnTests(folder, paths, knownFile(folder, 'own'));
  const noticed = new Set(own.filter(({ status }) => NOTICED.has(status)).map(keyOf));
  if (!values.whole && scoreOf(own) >= GOAL) {
    console.log('By the tests next to the files only: at least.');
    return own;
  }
  const all = await mutate({
    paths,
    tests: `${folder}/**/*.test.ts`,
    incrementalFile: knownFile(folder, 'whole'),
  });
  return all.map((one) => (noticed.has(keyOf(one)) ? { ...one, status: 'Killed' } : one));
}

function knownFile(folder, by) {
  const file = `dist/mutation/${folder.replaceAll('/', '-')}.${by}.json`;
  if (values.again) rmSync(file, { force: true });
  return file;
}

async function askOwnTests(folder, paths, incrementalFile) {
  const testOf = (path) => path.replace(/\.ts$/, '.test.ts');
  const { own = [], none = [] } = Object.groupBy(paths, (path) =>
    existsSync(testOf(path)) ? 'own' : 'none',
  );
  const results = [];
  const ask = async (some, tests) => {
    for (const path of some) forgetUnnoticed(incrementalFile, path);
    const found = await mutate({ paths: some, tests, incrementalFile });
    results.push(...found.filter(({ fileName }) => some.includes(relative('.', fileName))));
  };
  for (const path of own) await ask([path], testOf(path));
  // Those without a test of their own have those of their neighbours, if any, else those of the others.
  for (const [room, some] of Object.entries(Object.groupBy(none, dirname))) {
    const hasTests = readdirSync(room).some((name) => name.endsWith('.test.ts'));
    await ask(some, hasTests ? `${room}/*.test.ts` : `${folder}/**/*.test.ts`);
  }
  return results;
}

/** That a test says more than before, under its old name, is not seen. */
function forgetUnnoticed(incrementalFile, path) {
  if (!existsSync(incrementalFile)) return;
  const known = JSON.parse(readFileSync(incrementalFile, 'utf8'));
  const file = known.files[path];
  if (file === undefined) return;
  file.mutants = file.mutants.filter(({ status }) => !UNNOTICED.has(status));
  writeFileSync(incrementalFile, JSON.stringify(known));
}

function keyOf({ fileName, location, replacement }) {
  return JSON.stringify([relative('.', fileName), location, replacement]);
}

function mutate({ paths, tests, incrementalFile }) {
  console.log(`${paths.join(', ')}, by ${tests}`);
  const { coverageThreshold: _, ...jest } = createRequire(import.meta.url)('../jest.config.js');
  return new Stryker({
    mutate: paths,
    incremental: true,
    incrementalFile,
    testRunner: 'jest',
    plugins: ['@stryker-mutator/jest-runner'],
    jest: {
      projectType: 'custom',
      // Else a run of files that no test reads ends with an error, instead of saying so of each mutant.
      enableFindRelatedTests: false,
      config: {
        ...jest,
        testMatch: [`<rootDir>/${tests}`],
        // Not `dist`: they run there.
        testPathIgnorePatterns: ['/node_modules/'],
      },
    },
    coverageAnalysis: 'perTest',
    concurrency: Number(values.concurrency),
    // A busy machine must not pass for an endless loop.
    timeoutMS: 10_000,
    timeoutFactor: 4,
    reporters: [
      process.stdout.isTTY ? 'progress' : 'progress-append-only',
      ...(values.report ? ['html'] : []),
    ],
    htmlReporter: { fileName: 'dist/mutation/index.html' },
    ignorePatterns: ['/dist', '/coverage', '/infra/*', '!/infra/subscriptions.json', '/bench'],
    tempDirName: 'dist/mutation/sandbox',
    thresholds: { high: 100, low: GOAL, break: null },
    // Types are checked elsewhere; a mutant need not have any.
    disableTypeChecks: false,
    allowConsoleColors: process.stdout.isTTY === true,
    logLevel: 'warn',
    // Of mutants of what is made once, when a module is read: they are wanted, too.
    warnings: { slow: false },
    disableBail: false,
  }).runMutationTest();
}

function readPaths(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

function isWanted(path) {
  return values.file.length === 0 || values.file.some((part) => path.includes(part));
}

function readSources(folder) {
  return new Map(readPaths(folder).map((path) => [path, readFileSync(path, 'utf8').split('\n')]));
}

/** Adds the code that a mutant replaces, and its line. */
function withCode(mutant, sources) {
  const path = relative('.', mutant.fileName);
  const lines = sources.get(path) ?? [];
  const { start, end } = mutant.location;
  const inside = lines.slice(start.line - 1, end.line);
  inside[inside.length - 1] = inside.at(-1).slice(0, end.column - 1);
  inside[0] = inside[0].slice(start.column - 1);
  const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
  return {
    ...mutant,
    path,
    number: start.line,
    line: oneLine(lines[start.line - 1]),
    was: oneLine(inside.join('\n')),
    becomes: oneLine(mutant.replacement),
  };
}

function byPlace(a, b) {
  return a.path.localeCompare(b.path) || a.number - b.number;
}

/** Prints what was not noticed, and the score of each file. True when the goal is reached and the list of equivalents is right. */
function reportScores(folder, mutants) {
  if (mutants.length === 0) {
    console.log(`${folder}: nothing to make a mistake in`);
    return false;
  }
  const isNamed =
    (mutant) =>
    ({ was, becomes, line = '' }) =>
      mutant.was === was && mutant.becomes === becomes && mutant.line.includes(line);
  const equivalent = new Set();
  const wrong = [];
  for (const [path, entries] of Object.entries(named)) {
    if (!path.startsWith(`${folder}/`) || !isWanted(path)) continue;
    for (const entry of entries) {
      const found = mutants.filter((mutant) => mutant.path === path && isNamed(mutant)(entry));
      found.forEach((mutant) => equivalent.add(mutant));
      if (found.length === 0) wrong.push(`${path}: ${entry.was} -> ${entry.becomes} is not there`);
      for (const { status } of found.filter((each) => NOTICED.has(each.status))) {
        wrong.push(`${path}: ${entry.was} -> ${entry.becomes} is no equivalent: ${status}`);
      }
    }
  }
  const counted = mutants.filter((mutant) => !equivalent.has(mutant));
  const survivors = counted.filter(({ status }) => UNNOTICED.has(status));
  for (const { path, number, was, becomes, status } of survivors) {
    const how = status === 'NoCoverage' ? 'no test runs it' : 'not noticed';
    console.log(`${path}:${number} (${how})\n  - ${was}\n  + ${becomes}`);
  }
  printScores(counted, ({ path }) => path);
  if (counted.some(({ path }) => dirname(path) !== folder)) {
    printScores(counted, ({ path }) => dirname(path));
  }
  console.log(`${scoreLine(folder, counted)}; ${equivalent.size} equivalent`);
  for (const problem of wrong) console.log(`${EQUIVALENTS}: ${problem}`);
  return wrong.length === 0 && (values.file.length > 0 || scoreOf(counted) >= GOAL);
}

/** A line for each file, or for each folder below, in order. */
function printScores(mutants, nameOf) {
  const groups = Map.groupBy(mutants, nameOf);
  for (const [name, group] of groups) console.log(scoreLine(name, group));
}

function scoreOf(mutants) {
  const noticed = mutants.filter(({ status }) => NOTICED.has(status)).length;
  const all = noticed + mutants.filter(({ status }) => UNNOTICED.has(status)).length;
  return all === 0 ? 100 : (100 * noticed) / all;
}

function scoreLine(name, mutants) {
  const count = (...wanted) => mutants.filter(({ status }) => wanted.includes(status)).length;
  return (
    `${scoreOf(mutants).toFixed(1).padStart(5)} % ${name}: ${count('Killed')} killed, ` +
    `${count('Timeout')} endless, ${count('Survived')} survived, ${count('NoCoverage')} never run` +
    (count('RuntimeError', 'CompileError') > 0
      ? `, ${count('RuntimeError', 'CompileError')} unfit`
      : '')
  );
}
