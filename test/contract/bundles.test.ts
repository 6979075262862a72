import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const functions = join(__dirname, '..', '..', 'dist', 'functions');
const filesOf = (name: string) => readdirSync(join(functions, name)).sort();
const textOf = (name: string, file: string) => readFileSync(join(functions, name, file), 'utf8');
const TOPIC = 'projects/p/topics/t';
const ENVIRONMENT = {
  COPY_JOBS_TOPIC: TOPIC,
  COPY_RETRIES_TOPIC: TOPIC,
  DEAD_LETTER_TOPIC: TOPIC,
  RECONCILE_TOPIC: TOPIC,
};

describe('the files that Google runs', () => {
  it.each([
    ['copy-artifact', ['index', 'object-copy', 'template-copy']],
    ['plan-copies', ['index', 'lookups']],
    ['reconcile', ['index']],
  ])(
    'of %s are one for its cold start, and one for each thing that it seldom needs',
    (name, all) => {
      expect(filesOf(name).map((file) => file.replace(/(?:-\w+)?\.js$/, ''))).toEqual(all);
    },
  );

  it.each([
    ['copy-artifact', 'object-copy', '/rewriteTo/'],
    ['copy-artifact', 'template-copy', 'the tag holds no sha256 version'],
    ['plan-copies', 'lookups', '/undici.js'],
  ])('of %s: what %s does is there alone', (name, part, text) => {
    const having = filesOf(name).filter((file) => textOf(name, file).includes(text));
    expect(having).toEqual([expect.stringMatching(`^${part}-`)]);
  });

  it.each(['copy-artifact', 'plan-copies'])('of %s have each class of error once', (name) => {
    const classes = filesOf(name).flatMap((file) => [
      ...new Set(textOf(name, file).match(/\bname="\w+Error"/g)),
    ]);
    expect(classes.length).toBeGreaterThan(10);
    expect(new Set(classes).size).toBe(classes.length);
  });
});

/** Elsewhere than in dist: functions that run in other tests keep what they compile, under the flags that they set. */
describe('a cold start', () => {
  let folder: string;
  const copied = (...path: string[]) => join(folder, 'functions', ...path);
  beforeAll(() => {
    folder = mkdtempSync(join(functions, '..', 'bundles-'));
    cpSync(functions, copied(), { recursive: true });
    spawnSync(process.execPath, [copied('compile.js')]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['copy-artifact', 'plan-copies', 'reconcile'])(
    'of %s finds all its code compiled by the build, and that of Pub/Sub',
    (name) => {
      const [first = '', ...later] = filesOf(name).map((file) => copied(name, file));
      const load = `require('node:module').enableCompileCache(process.argv[1]);
for (const file of process.argv.slice(2)) require(file);
process.exit();`;
      const { stderr } = spawnSync(
        process.execPath,
        ['-e', load, join(folder, 'compile-cache'), first, ...later, '@google-cloud/pubsub'],
        { encoding: 'utf8', env: { ...ENVIRONMENT, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' } },
      );
      for (const file of [first, ...later]) expect(stderr).toContain(`${file} was accepted`);
      const compiledAgain = stderr
        .split('\n')
        .filter((line) => /was rejected|no such file/.test(line));
      expect(compiledAgain).toEqual([]);
      expect(stderr.match(/was accepted/g)?.length).toBeGreaterThan(300);
    },
  );
});
