import { setTimeout as sleep } from 'node:timers/promises';
import { image } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { findMissing } from '../../local/images/read';
import type { LogEntry } from '../../local/stack/log-entry';
import { createStack, type Stack } from '../../local/stack/stack';
import { MAX_CONTINUATIONS } from '../../shared/delivery/classify-failure';

// Against hanging alone: how long an attempt takes does not decide what it copies.
jest.setTimeout(600_000);

/** Enough for two blobs, on a machine that may be busy. */
const TIMEOUT_SECONDS = 3;
/** Blobs of more than 1 MiB go one at a time. */
const LARGE_BYTES = 1.1 * 1024 * 1024;

describe('a copy that takes longer than its function may', () => {
  let stack: Stack;
  let logs: LogEntry[];
  beforeEach(async () => {
    logs = [];
    stack = await createStack({
      port: 0,
      customers: [{ name: 'acme' }],
      broker: { timeScale: { waits: 50 } },
      environment: { COPY_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS), BLOB_CONCURRENCY: '1' },
      onLog: (entry) => logs.push(entry),
    });
  });
  afterEach(() => stack.close());

  /** A blob that never arrives in an attempt. */
  const stop = ({ digest }: { readonly digest: string }, times: number) =>
    stack.vendor.faults.add({ on: 'getBlob', reference: digest, times, stallAfter: 1024 });
  const target = () => {
    const { host } = stack.customers[0]!;
    return { host, location: { registry: host.address, repository: 'acme/vendor/api' } };
  };
  const release = async (content: ReturnType<typeof image>) => {
    const [registry = '', ...path] = `${stack.source}/api`.split('/');
    await push(content, { registry, repository: path.join('/'), tag: '1.0.0' });
  };
  const ended = async () => {
    const isEnd = ({ outcome = '' }: LogEntry) => ['copied', 'dead-lettered'].includes(outcome);
    while (!logs.some(isEnd)) {
      const failure = await Promise.race([stack.failed, sleep(20)]);
      if (failure) throw failure;
    }
  };
  const outcomes = () => logs.map(({ outcome }) => outcome).filter((each) => each !== 'planned');
  const nacked = () =>
    ['copy-jobs', 'copy-retries'].map(
      (name) => stack.broker!.counters(`projects/${stack.project}/subscriptions/${name}`).nacked,
    );

  it('is continued and arrives, without a nack and without a blob that is sent twice', async () => {
    const layers = Array.from({ length: 8 }, (_, seed) => layer({ seed, size: LARGE_BYTES }));
    const content = image({ layers });
    const { host, location } = target();
    for (const at of [2, 3, 4, 5, 6]) stop(content.blobs[at]!, 1);
    await release(content);
    await ended();

    expect(await findMissing(content, location)).toStrictEqual([]);
    expect(outcomes().at(-1)).toBe('copied');
    expect(outcomes().filter((outcome) => outcome === 'continued').length).toBeGreaterThan(2);
    expect(nacked()).toEqual([0, 0]);
    const finished = host.requests
      .of('putBlob')
      .filter(({ status }) => status === 201)
      .map(({ reference, path }) => /digest=([^&]+)/.exec(path)?.[1] ?? reference);
    expect(new Set(finished).size).toBe(finished.length);
  });

  it('is dead-lettered with the reason if one blob alone does not fit into an attempt', async () => {
    const small = layer({ seed: 'small', size: 1024 });
    const content = image({ layers: [small, layer({ seed: 'huge', size: LARGE_BYTES })] });
    stop(content.blobs.at(-1)!, Infinity);
    await release(content);
    await ended();

    expect(outcomes().at(-1)).toBe('dead-lettered');
    expect(logs.at(-1)).toMatchObject({ reason: 'too-slow' });
    expect(String(logs.at(-1)?.error)).toContain(content.blobs.at(-1)!.digest);
    expect(nacked()).toEqual([0, 0]);
  });

  it('is dead-lettered at last if the target confirms blobs and forgets them', async () => {
    const layers = Array.from({ length: 3 }, (_, seed) => layer({ seed, size: LARGE_BYTES }));
    const { host } = target();
    host.faults.add({ on: 'putBlob', times: Infinity, answer: { status: 201, late: true } });
    const content = image({ layers });
    stop(content.blobs.at(-1)!, Infinity);
    // The test publishes the job instead, as one that was continued often.
    await stack.planCopies.stop();
    await release(content);
    const job = { source: `${stack.source}/api:1.0.0`, target: 'acme' };
    stack.broker!.publish(`projects/${stack.project}/topics/copy-jobs`, {
      data: Buffer.from(JSON.stringify(job)),
      attributes: { continued: String(MAX_CONTINUATIONS - 2) },
    });
    await ended();

    expect(outcomes().filter((outcome) => outcome === 'continued')).toHaveLength(2);
    expect(logs.at(-1)).toMatchObject({ outcome: 'dead-lettered', reason: 'too-slow' });
  });
});
