import { createReleaseLines } from './release-lines';
import { describeGroup, groupRows, secondsOf, type Row } from './row-groups';

const row = (target: string, change: Partial<Row> = {}): Row => ({
  image: 'api',
  tag: '1.4.0',
  target,
  outcome: 'copied',
  ...change,
});
const many = Array.from({ length: 199 }, (_, at) =>
  row(`c${at}`, { bytes: 4_200_000, seconds: 0.2 + at / 1000 }),
);

describe('lines of releases', () => {
  /** Adds rows one by one and returns what is written, with all that follows a quiet moment. */
  function write(rows: readonly Row[], targets: readonly string[]): string[] {
    const lines: string[] = [];
    const known = new Map(targets.map((name) => [name, row(name, { outcome: 'waiting' })]));
    const release = createReleaseLines({ rows: () => [...known.values()] }, (line) =>
      lines.push(line),
    );
    for (const one of rows) {
      known.set(one.target, one);
      release.add(one);
    }
    release.flush();
    return lines;
  }

  it('are one for many targets, written when the last has it', () => {
    const names = many.map(({ target }) => target);
    expect(write(many, names)).toEqual([
      'copied        api:1.4.0 -> 199 targets  4.2 MB, 0.2-0.4 s',
    ]);
  });

  it('name few targets, and keep what happens to one apart', () => {
    const lost = row('c', { outcome: 'dead-lettered', problem: 'target-denied: 403' });
    expect(write([row('b'), row('a'), lost], ['a', 'b', 'c'])).toEqual([
      'copied        api:1.4.0 -> a, b',
      'dead-lettered api:1.4.0 -> c  target-denied: 403',
    ]);
  });

  it('announce a wait once, and then the copy', () => {
    const awaits = 'a signature by release';
    const held = ['retrying', 'refused', 'held'].flatMap((outcome) =>
      ['a', 'b'].map((target) => row(target, { outcome, awaits })),
    );
    const lines: string[] = [];
    const release = createReleaseLines({ rows: () => held }, (line) => lines.push(line));
    for (const one of held) {
      release.add(one);
      release.flush();
    }
    expect(lines).toEqual(['waiting       api:1.4.0 for a signature by release']);
    expect(write([...held, row('a'), row('b')], ['a', 'b'])).toEqual([
      'copied        api:1.4.0 -> a, b',
    ]);
  });
});

it('groups rows by release and outcome', () => {
  const rows = [row('a'), row('b', { tag: '1.5.0' }), row('c'), row('d', { outcome: 'refused' })];
  expect(groupRows(rows).map(describeGroup)).toEqual([
    'copied        api:1.4.0 -> a, c',
    'copied        api:1.5.0 -> b',
    'retrying      api:1.4.0 -> d',
  ]);
  expect(secondsOf([row('a', { seconds: 0.28 }), row('b', { seconds: 0.284 })])).toBe('0.28 s');
});
