import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorker } from './bundle';
import { seedsFrom, startCrew, type Crew } from './crew';
import type { Report } from './simulate';

// Beside other tests' bundles: what a worker needs of node_modules it finds from there.
const folder = join(process.cwd(), 'dist', `simulation-test-${process.pid}`);
const worker = join(folder, 'worker.js');
const crews: Crew[] = [];

// Some ten seconds of work, on a machine that may be busy.
jest.setTimeout(300_000);

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  await bundleWorker(process.cwd(), worker);
});
afterAll(() => {
  for (const crew of crews) crew.close();
  rmSync(folder, { recursive: true });
});

async function simulate(seeds: Iterable<number>, isTraced = false): Promise<Report[]> {
  const crew = startCrew(worker, 1);
  crews.push(crew);
  const reports: Report[] = [];
  await crew.run(seeds, { isTraced }, (report) => {
    reports.push(report);
    return undefined;
  });
  return reports;
}

describe('30 histories', () => {
  let reports: Report[];
  beforeAll(async () => {
    reports = await simulate(seedsFrom(1, 30));
  });

  it('come to rest with all that must be, and nothing that must not', () => {
    const failed = reports.filter(({ violations }) => violations.length > 0);
    expect(failed.map(({ seed, violations }) => ({ seed, violations }))).toStrictEqual([]);
  });

  it('are stormy', () => {
    const sum = (count: (report: Report) => number) => reports.map(count).reduce((a, b) => a + b);
    expect(sum(({ requests }) => requests)).toBeGreaterThan(30 * 200);
    expect(sum(({ kills }) => kills)).toBeGreaterThan(0);
  });
});

describe('a seed', () => {
  it('is the same history each time, byte for byte, whatever was simulated before it', async () => {
    const [later, alone] = [await simulate([3, 4], true), await simulate([4], true)];
    expect(later[1]?.trace.length).toBeGreaterThan(1000);
    expect(later[1]?.trace).toEqual(alone[0]?.trace);
    expect(later[0]?.trace).not.toEqual(later[1]?.trace);
  });
});
