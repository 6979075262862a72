import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { image } from '../../local/images/image';
import { statementOf } from '../support/parties';
import { createSigstore } from '../support/sigstore';

const functions = join(__dirname, '..', '..', 'dist', 'functions');
const filesOf = (name: string) => readdirSync(join(functions, name)).sort();
const textOf = (name: string, file: string) => readFileSync(join(functions, name, file), 'utf8');
const TOPIC = 'projects/p/topics/t';
const ENVIRONMENT = {
  COPY_JOBS_TOPIC: TOPIC,
  COPY_RETRIES_TOPIC: TOPIC,
  PLAN_RETRIES_TOPIC: TOPIC,
  DEAD_LETTER_TOPIC: TOPIC,
  RECONCILE_TOPIC: TOPIC,
};

describe('the files that Google runs', () => {
  it.each(['copy-artifact', 'plan-copies', 'reconcile'])(
    'of %s are one for its cold start',
    (name) => {
      const load = `require(process.argv[1]);
process.stdout.write(JSON.stringify(Object.keys(require.cache)));
process.exit();`;
      const { stdout } = spawnSync(process.execPath, ['-e', load, join(functions, name)], {
        encoding: 'utf8',
        env: ENVIRONMENT,
      });
      const loaded = JSON.parse(stdout) as string[];
      const own = loaded.filter((file) => file.startsWith(join(functions, name)));
      expect(own).toEqual([join(functions, name, 'index.js')]);
    },
  );

  it('of copy-artifact have the copy of an image in that', () => {
    expect(filesOf('copy-artifact').filter((file) => file.startsWith('image-copy'))).toEqual([]);
  });

  it.each([
    ['copy-artifact', 'object-copy', '/rewriteTo/'],
    ['copy-artifact', 'template-copy', 'the tag holds no sha256 version'],
    ['copy-artifact', 'inspection', 'attachments missing'],
    ['plan-copies', 'object-copy', '/rewriteTo/'],
    ['plan-copies', 'template-copy', 'the tag holds no sha256 version'],
    ['plan-copies', 'image-copy', 'only some platforms are copied'],
    ['plan-copies', 'registries', '/undici.js'],
    ['plan-copies', 'registries', 'docker-credential-'],
    ['plan-copies', 'registries', 'iamcredentials'],
    ['copy-artifact', 'keyless', 'certificate is not valid or expired'],
    ['plan-copies', 'keyless', 'certificate is not valid or expired'],
    ['reconcile', 'keyless', 'certificate is not valid or expired'],
  ])('of %s: what %s does is loaded late', (name, part, text) => {
    const having = filesOf(name).filter((file) => textOf(name, file).includes(text));
    expect(having).toEqual([expect.stringMatching(`^(?:${part}|chunk)-`)]);
  });

  it.each(['copy-artifact', 'plan-copies'])('of %s have each class of error once', (name) => {
    const classes = filesOf(name).flatMap((file) => [
      ...new Set(textOf(name, file).match(/\bname="\w+Error"/g)),
    ]);
    expect(classes.length).toBeGreaterThan(10);
    expect(new Set(classes).size).toBe(classes.length);
  });
});

it.each(['copy-artifact', 'plan-copies', 'reconcile'])(
  'what Google runs of %s verifies what a workflow has signed',
  async (name) => {
    const sigstore = await createSigstore();
    const by = { issuer: 'https://issuer.example', identity: 'https://ci.example/release' };
    const bundle = await sigstore.bundle(statementOf(image().root.digest), by);
    const keyless = filesOf(name).find((file) => file.startsWith('keyless')) ?? '';
    const verify = `const { verifyIdentity } = require(process.argv[1]);
const { bundle, root } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(verifyIdentity(bundle, new Uint8Array(), { json: root })));
process.exit();`;
    const { stdout } = spawnSync(process.execPath, ['-e', verify, join(functions, name, keyless)], {
      encoding: 'utf8',
      env: ENVIRONMENT,
      input: JSON.stringify({ bundle, root: JSON.parse(sigstore.trustedRoot) as unknown }),
    });
    expect(JSON.parse(stdout)).toEqual({ issuer: by.issuer, subject: by.identity });
  },
);

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

  it.each([
    ['what the build compiled', () => folder, 'INFO', 'Compile cache found'],
    [
      'that the build compiled nothing',
      () => join(folder, 'bare'),
      'WARNING',
      'Compile cache not found',
    ],
  ])('logs once %s', (_what, below, severity, message) => {
    const index = join(below(), 'functions', 'index.js');
    cpSync(functions, join(folder, 'bare', 'functions'), { recursive: true });
    const load = 'require(process.argv[1]); setImmediate(() => process.exit());';
    const { stdout } = spawnSync(process.execPath, ['-e', load, index], {
      encoding: 'utf8',
      env: { ...ENVIRONMENT, FUNCTION_TARGET: 'planCopies' },
    });
    const lines = stdout.split('\n').filter((line) => line.includes('Compile cache'));
    const directory = expect.stringContaining(join(below(), 'compile-cache')) as string;
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { severity, message, node: process.version, directory },
    ]);
  });

  it.each(['copy-artifact', 'plan-copies', 'reconcile'])(
    'of %s finds all its code compiled by the build, and that of Pub/Sub',
    (name) => {
      const [first = '', ...later] = filesOf(name).map((file) => copied(name, file));
      const load = `require('node:module').enableCompileCache(process.argv[1]);
for (const file of process.argv.slice(2)) require(file);
process.exit();`;
      // A file: what native code says to a pipe that is read too slowly is lost.
      const log = join(folder, `${name}.log`);
      const { status } = spawnSync(
        process.execPath,
        ['-e', load, join(folder, 'compile-cache'), first, ...later, '@google-cloud/pubsub'],
        {
          env: { ...ENVIRONMENT, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
          stdio: ['ignore', 'ignore', openSync(log, 'w')],
        },
      );
      expect(status).toBe(0);
      const told = readFileSync(log, 'utf8');
      for (const file of [first, ...later]) expect(told).toContain(`${file} was accepted`);
      const compiledAgain = told
        .split('\n')
        .filter((line) => /was rejected|no such file/.test(line));
      expect(compiledAgain).toStrictEqual([]);
      expect(told.match(/was accepted/g)?.length).toBeGreaterThan(300);
    },
  );
});
