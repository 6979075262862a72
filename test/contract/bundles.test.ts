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
    ['copy-artifact', ['index', 'object', 'template']],
    ['plan-copies', ['index', 'lookups']],
    ['reconcile', ['index']],
  ])(
    'of %s are one for its cold start, and one for each thing that it seldom needs',
    (name, all) => {
      expect(filesOf(name).map((file) => file.replace(/(?:-\w+)?\.js$/, ''))).toEqual(all);
    },
  );

  it.each([
    ['copy-artifact', 'object', '/rewriteTo/'],
    ['copy-artifact', 'template', 'the tag holds no sha256 version'],
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

  // In a folder of its own: functions that run here keep what they compile, under the flags that they set.
  it('have all been compiled by the build', () => {
    const folder = mkdtempSync(join(functions, '..', 'bundles-'));
    const copy = join(folder, 'functions');
    try {
      cpSync(functions, copy, { recursive: true });
      spawnSync(process.execPath, [join(copy, 'compile.js')]);
      const files = readdirSync(copy)
        .filter((entry) => !entry.endsWith('.js'))
        .flatMap((name) => filesOf(name).map((file) => join(copy, name, file)));
      const load = `require('node:module').enableCompileCache(process.argv[1]);
for (const file of process.argv.slice(2)) require(file);
process.exit();`;
      const { stderr } = spawnSync(
        process.execPath,
        ['-e', load, join(folder, 'compile-cache'), ...files],
        { encoding: 'utf8', env: { ...ENVIRONMENT, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' } },
      );
      for (const file of files) expect(stderr).toContain(`${file} was accepted`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
