import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const STEPS = join(__dirname, '../../.ci/steps.sh');

function run(script: string) {
  const { status, stdout } = spawnSync(
    'bash',
    ['-c', `set -euo pipefail; source "$0"; ${script}`, STEPS],
    {
      encoding: 'utf8',
    },
  );
  return { status, lines: stdout.split('\n').filter((line) => line !== '') };
}

describe('the steps of .ci/run and .ci/nightly', () => {
  it('records a failure next to another step, and prints its output after both', () => {
    const { status, lines } = run(
      'start one bash -c "echo in one; exit 1"; step two echo in two; finish; has_failed one && print_failed',
    );
    expect(status).toBe(0);
    expect(lines.indexOf('in one')).toBeGreaterThan(lines.indexOf('in two'));
    expect(lines).toContainEqual(expect.stringMatching(/^=== two: done in \d+ s$/));
    expect(lines.at(-1)).toBe('Failed steps: one');
  });

  it('does not take a step for failed because another has', () => {
    const { status } = run('step one false || true; step two true; has_failed two');
    expect(status).not.toBe(0);
  });

  it('names every failed step in order', () => {
    const { lines } = run(
      'step one false || true; step two true; step three false || true; print_failed',
    );
    expect(lines.at(-1)).toBe('Failed steps: one three');
  });

  it('prints nothing about failures without one', () => {
    const { status, lines } = run(
      'step one true; finish; print_failed; [[ ! -s $results/failed ]]',
    );
    expect(status).toBe(0);
    expect(lines.at(-1)).toMatch(/^=== one: done/);
  });

  it('fails with a count of tests when it gives up', () => {
    const { status, lines } = run('step one false || give_up');
    expect(status).toBe(1);
    expect(lines.slice(-2)).toEqual(['Failed steps: one', '0 passed, 1 failed']);
  });
});
