import { runChaos } from './run';

// Real processes that are killed, on a machine that may be busy.
jest.setTimeout(240_000);

describe('when everything fails at once, behind the embedded broker,', () => {
  it('every target ends at what the source says, and nothing is lost', async () => {
    const report = await runChaos({
      root: process.cwd(),
      seed: 9,
      pushes: 20,
      customers: 5,
      faults: 0.2,
      processes: { 'plan-copies': 1, 'copy-artifact': 2 },
      killEveryMs: 3000,
      outageMs: 3000,
      pauseMs: 100,
      timeoutMs: 200_000,
    });
    expect(report.problems).toStrictEqual([]);
    const { image, template, object } = report.kinds;
    expect(report.lost).toBe(0);
    expect(object.stepsBack).toBe(0);
    for (const { faults, incomplete, writes } of [image, template, object]) {
      expect(incomplete).toStrictEqual([]);
      expect(faults).toBeGreaterThan(0);
      expect(writes).toBeGreaterThan(0);
    }
  });
});
