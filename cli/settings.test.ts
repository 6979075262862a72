import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeStackFile } from '../local/stack-file';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';
import { addSettings } from './settings';
import type { Terminal } from './terminal';

const folder = mkdtempSync(join(tmpdir(), 'relay-settings-'));
const home = process.cwd();
const rules = join(folder, 'rules.yaml');
const stackFile = join(folder, '.local', 'stacks', 'left.json');

beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});
beforeEach(() => rmSync(join(folder, 'relay.yaml'), { force: true }));

function settings(text: string, env: Terminal['env'] = {}): Terminal['env'] {
  writeFileSync(join(folder, 'relay.yaml'), text);
  addSettings(env, { rules });
  return env;
}

describe('relay.yaml', () => {
  it('says what the environment does not', () => {
    const text = 'project: vendor\ntopic: staging-copy-jobs\ndead-letters: staging-dead-letters\n';
    expect(settings(text, { GOOGLE_CLOUD_PROJECT: 'mine' })).toEqual({
      GOOGLE_CLOUD_PROJECT: 'mine',
      COPY_JOBS_TOPIC: 'staging-copy-jobs',
      DEAD_LETTER_SUBSCRIPTION: 'staging-dead-letters',
    });
  });

  it('may be empty, or not there', () => {
    expect(settings('')).toStrictEqual({});
    rmSync(join(folder, 'relay.yaml'));
    const env = {};
    addSettings(env, {});
    expect(env).toStrictEqual({});
  });

  it.each([
    ['an unknown key', 'projekt: x', 'relay.yaml is wrong:\n'],
    ['what is no YAML', 'a: [', 'relay.yaml is wrong: '],
  ])('is refused for %s', (_name, text, said) => {
    expect(() => settings(text)).toThrow(said);
  });

  it('must be a file', () => {
    mkdirSync(join(folder, 'relay.yaml'));
    expect(() => addSettings({}, {})).toThrow('relay.yaml cannot be read: EISDIR');
    rmSync(join(folder, 'relay.yaml'), { recursive: true });
  });

  it('is read before a command runs, from the folder of its rules', async () => {
    writeFileSync(join(folder, 'relay.yaml'), 'projekt: x');
    const { terminal, stderr } = captureTerminal();
    expect(await runCli(['check', '--rules', rules], terminal)).toBe(1);
    expect(stderr()).toContain('projekt');
  });
});

describe('--local', () => {
  const stack = {
    project: 'local',
    pubsubAddress: '127.0.0.1:1',
    artifactRegistryAddress: '127.0.0.1:2',
    loggingAddress: '127.0.0.1:3',
    storage: { origin: 'http://127.0.0.1:3' },
    rulesFile: rules,
    signing: { keyFile: 'relay.key', publicKeyFile: 'relay.pub' },
  };

  it('leads to the stack that runs here, whatever the environment says', async () => {
    const forget = await writeStackFile(stack, folder);
    const env = { RULES_FILE: 'other.yaml' };
    addSettings(env, { local: true });
    expect(env).toMatchObject({
      SIGNING_KEY: 'relay.key',
      PUBSUB_EMULATOR_HOST: '127.0.0.1:1',
      GOOGLE_CLOUD_PROJECT: 'local',
      RULES_FILE: rules,
    });
    await forget();
    expect(() => addSettings(env, { local: true })).toThrow('No local stack runs here');
  });

  it('is not led astray by what a stack left that has ended', () => {
    mkdirSync(join(folder, '.local', 'stacks'), { recursive: true });
    writeFileSync(stackFile, '{"pid":999999999,"environment":{}}');
    expect(() => addSettings({}, { local: true })).toThrow('start one with "npm start"');
    writeFileSync(stackFile, 'half');
    expect(() => addSettings({}, { local: true })).toThrow();
  });

  it('means the stack that was started last of those that still run', async () => {
    const project = (): string | undefined => {
      const env: Terminal['env'] = {};
      addSettings(env, { local: true });
      return env['GOOGLE_CLOUD_PROJECT'];
    };
    const first = await writeStackFile(stack, folder);
    writeFileSync(stackFile, '{"pid":');
    const second = await writeStackFile({ ...stack, project: 'later' }, folder);
    const [later] = readdirSync(dirname(stackFile)).filter((name) =>
      readFileSync(join(dirname(stackFile), name), 'utf8').includes('later'),
    );
    utimesSync(join(dirname(stackFile), later ?? ''), new Date(), new Date(Date.now() + 60_000));
    expect(project()).toBe('later');
    await second();
    await second();
    expect(project()).toBe('local');
    await first();
    expect(project).toThrow('No local stack runs here');
  });

  it.each([
    ['before', ['--local', 'dead-letters', 'list']],
    ['after', ['dead-letters', 'list', '--local']],
  ])('may stand %s the command', async (_name, args) => {
    const { terminal, stderr } = captureTerminal();
    expect(await runCli(args, terminal)).toBe(1);
    expect(stderr()).toContain('No local stack runs here');
  });
});
