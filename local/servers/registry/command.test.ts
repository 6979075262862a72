import { EventEmitter, once } from 'node:events';
import { runRegistry } from './command';
import { createTestRegistry } from './test-client';

interface Run {
  readonly code: Promise<number>;
  readonly out: Promise<string>;
  readonly failure: () => string;
  readonly stop: () => void;
}

function run(...args: readonly string[]): Run {
  const events = new EventEmitter();
  let failure = '';
  const out = once(events, 'out').then(([text]) => String(text));
  const code = runRegistry(args, {
    out: (text) => events.emit('out', text),
    fail: (text) => {
      failure += text;
    },
    stopped: once(events, 'stop'),
  });
  return { code, out, failure: () => failure, stop: () => events.emit('stop') };
}

describe('the registry command', () => {
  it('prints its address and serves until it is stopped', async () => {
    const { code, out, stop } = run(
      '--port',
      '0',
      '--no-referrers',
      '--immutable-tags',
      '--sparse',
    );
    const origin = (await out).trim();
    expect((await fetch(`${origin}/v2/`)).status).toBe(200);
    stop();
    expect(await code).toBe(0);
    await expect(fetch(`${origin}/v2/`)).rejects.toThrow('fetch failed');
  });

  it('explains itself', async () => {
    const { code, out } = run('--help');
    expect(await out).toContain('--storage DIR');
    expect(await code).toBe(0);
  });

  it.each([
    { args: ['--port', 'x'], problem: '--port x is not a port number' },
    { args: ['--port', '65536'], problem: '--port 65536 is not a port number' },
    { args: ['--prot', '1'], problem: '--prot' },
    { args: ['5000'], problem: '5000' },
  ])('says what is wrong with $args', async ({ args, problem }) => {
    const { code, failure } = run(...args);
    expect(await code).toBe(2);
    expect(failure()).toContain(problem);
    expect(failure()).toContain('npm run registry');
  });

  it('names a port that is in use', async () => {
    const registry = await createTestRegistry();
    const { port } = new URL(registry.origin);
    const { code, failure } = run('--port', port);
    expect(await code).toBe(1);
    expect(failure()).toContain(`port ${port} of 127.0.0.1 is in use`);
    await registry.close();
  });

  it('says when it cannot store', async () => {
    const { code, failure } = run('--storage', `${__filename}/inside-a-file`);
    expect(await code).toBe(1);
    expect(failure()).toContain('ENOTDIR');
  });
});
