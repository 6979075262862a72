import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry, type RegistryOptions } from '../../local/servers/registry/registry';
import { describeWith, run } from './tools';

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly disabled: number;
}

/** Runs the OCI distribution conformance suite against a fresh registry and reads its totals. */
async function conform(options: RegistryOptions, settings: NodeJS.ProcessEnv): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  const registry = await createRegistry(options);
  const env = {
    ...process.env,
    OCI_REGISTRY: registry.address,
    OCI_TLS: 'disabled',
    OCI_REPO1: 'a/b',
    OCI_REPO2: 'a/c',
    OCI_RESULTS_DIR: folder,
    ...settings,
  };
  try {
    // It exits with 1 when a check failed; the counts say so better.
    await run('conformance', [], { env, cwd: folder }).catch(() => undefined);
    return readCounts(await readFile(join(folder, 'junit.xml'), 'utf8'));
  } finally {
    await registry.close();
    await rm(folder, { recursive: true });
  }
}

function readCounts(junit: string): Counts {
  const suites = /<testsuites [^>]*>/.exec(junit)?.[0] ?? '';
  const count = (name: string): number =>
    // A count of nothing is left out.
    Number(new RegExp(` ${name}="(\\d+)"`).exec(suites)?.[1] ?? 0);
  return {
    tests: count('tests'),
    failures: count('failures'),
    errors: count('errors'),
    skipped: count('skipped'),
    disabled: count('disabled'),
  };
}

const CLEAN = { failures: 0, errors: 0, skipped: 0, disabled: 0 };
const users = { conformance: 'password' };
const login = { OCI_USERNAME: 'conformance', OCI_PASSWORD: 'password' };

// The suite counts more checks when one fails, for it tries a failed upload in other ways: the totals are of a clean run.
describeWith(['conformance'], 'the embedded registry', () => {
  it('passes the conformance suite as it comes', async () => {
    const counts = await conform({}, {});
    // Disabled: cancelling an upload, which is the next version's.
    expect(counts).toEqual({ ...CLEAN, tests: 862, disabled: 2 });
  });

  it('passes it with everything that the next version of the specification has', async () => {
    const counts = await conform({}, { OCI_VERSION: 'dev' });
    expect(counts).toEqual({ ...CLEAN, tests: 986 });
  });

  it('passes it with sparse manifests, too, if configured to accept them', async () => {
    const settings = { OCI_VERSION: 'dev', OCI_DATA_SPARSE: 'true' };
    const counts = await conform({ sparse: true }, settings);
    expect(counts).toEqual({ ...CLEAN, tests: 1032 });
  });

  it.each(['basic', 'bearer'] as const)('passes it behind %s authentication', async (scheme) => {
    const counts = await conform({ auth: { scheme, users } }, { OCI_VERSION: 'dev', ...login });
    expect(counts).toEqual({ ...CLEAN, tests: 986 });
  });
});
