import { createReferrersApiMemory } from './referrers-api';

const MINUTES = 60_000;
const name = { registry: 'registry.example', repository: 'a/b' };
const others = [
  { ...name, repository: 'a/c' },
  { ...name, registry: 'other.example' },
];

function stage() {
  let now = 1000;
  const memory = createReferrersApiMemory({ monotonic: () => now });
  const pass = (milliseconds: number): void => void (now += milliseconds);
  /** Reports its absence to a caller that has just asked. */
  const absent = (): void => memory.absent(name, now);
  const said = () => ({ isAbsent: memory.isAbsent(name), isPresent: memory.isPresent(name) });
  return { absent, memory, pass, said };
}

const UNKNOWN = { isAbsent: false, isPresent: false };
const ABSENT = { isAbsent: true, isPresent: false };
const PRESENT = { isAbsent: false, isPresent: true };

it('knows nothing at first', () => {
  expect(stage().said()).toEqual(UNKNOWN);
});

describe('an API that is absent', () => {
  it('is so when it was said twice in a row, of that repository alone', () => {
    const { absent, memory, said } = stage();
    absent();
    expect(said()).toEqual(UNKNOWN);
    absent();
    expect(said()).toEqual(ABSENT);
    expect(others.map((other) => memory.isAbsent(other))).toEqual([false, false]);
  });

  it('is said once to all who asked before the first answer', () => {
    const { memory, pass, said } = stage();
    pass(10);
    memory.absent(name, 1000);
    memory.absent(name, 1009);
    expect(said()).toEqual(UNKNOWN);
    memory.absent(name, 1010);
    expect(said()).toEqual(ABSENT);
  });

  it('may be there again five minutes after it was said last', () => {
    const { absent, pass, said } = stage();
    absent();
    pass(4 * MINUTES);
    absent();
    pass(5 * MINUTES - 1);
    expect(said()).toEqual(ABSENT);
    pass(1);
    expect(said()).toEqual(UNKNOWN);
    absent();
    expect(said()).toEqual(UNKNOWN);
  });

  it('is not believed to have come in between', () => {
    const { absent, memory, said } = stage();
    absent();
    memory.present(name);
    expect(said()).toEqual(PRESENT);
    absent();
    expect(said()).toEqual(UNKNOWN);
    absent();
    expect(said()).toEqual(ABSENT);
  });

  it('is checked again on request', () => {
    const { absent, memory, said } = stage();
    absent();
    absent();
    memory.recheck(name);
    expect(said()).toEqual(UNKNOWN);
    absent();
    expect(said()).toEqual(UNKNOWN);
  });
});

describe('an API that is present', () => {
  it('is so for an hour after it has answered, in that repository alone', () => {
    const { memory, pass, said } = stage();
    memory.present(name);
    expect(said()).toEqual(PRESENT);
    expect(others.map((other) => memory.isPresent(other))).toEqual([false, false]);
    pass(60 * MINUTES - 1);
    expect(said()).toEqual(PRESENT);
    pass(1);
    expect(said()).toEqual(UNKNOWN);
  });

  it('is not doubted', () => {
    const { memory, said } = stage();
    memory.recheck(name);
    memory.present(name);
    memory.recheck(name);
    expect(said()).toEqual(PRESENT);
  });
});
