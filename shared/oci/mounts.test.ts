import { digestOf, type Digest } from './digest';
import { createJumpingClock } from '../../test/support/jumping-clock';
import { createMountMemory } from './mounts';

const clock = createJumpingClock();
const target = { registry: 'us-docker.pkg.dev', repository: 'acme/vendor/api' };
const sibling = { ...target, repository: 'acme/vendor/web' };

it('offers nothing where there is nothing to offer', () => {
  expect(createMountMemory(clock).worthOffering(target, undefined)).toBeUndefined();
});

it('stops an offer that was refused, and that one alone', () => {
  const memory = createMountMemory(clock);
  const offer = { from: 'vendor/api' };
  memory.offered(target, offer, 'refused');
  expect(memory.worthOffering(target, offer)).toBeUndefined();
  expect(memory.worthOffering(sibling, offer)).toBe(offer);
  expect(memory.worthOffering(target, { from: 'vendor/web' })).toBeDefined();
});

describe('an account that is denied what it is offered', () => {
  const offer = { from: 'vendor/releases/api' };

  it('is offered nothing more of that repository, for whatever image', () => {
    const memory = createMountMemory(clock);
    memory.offered(target, offer, 'denied');
    expect(memory.worthOffering(target, offer)).toBeUndefined();
    expect(memory.worthOffering(sibling, { from: 'vendor/releases/web' })).toBeUndefined();
    expect(memory.worthOffering(sibling, { from: 'vendor/base/os' })).toBeDefined();
    const other = { ...target, repository: 'globex/vendor/api' };
    expect(memory.worthOffering(other, offer)).toBe(offer);
  });

  it('is offered it again after an hour, once: he may have been granted it', async () => {
    const memory = createMountMemory(clock);
    const asks = (): boolean => memory.worthOffering(target, offer) !== undefined;
    memory.offered(target, offer, 'denied');
    await clock.sleep(59 * 60_000);
    expect(asks()).toBe(false);
    await clock.sleep(60_000);
    expect(asks()).toBe(true);
    memory.offering(target, offer, new Promise(() => undefined));
    expect(memory.firstAnswer(sibling, { from: 'vendor/releases/web' })).toBeDefined();
    memory.offered(target, offer, 'denied');
    expect(asks()).toBe(false);
  });

  it('elsewhere than at Google is offered other images', () => {
    const memory = createMountMemory(clock);
    const at = { registry: 'registry.example', repository: 'acme/vendor/api' };
    memory.offered(at, offer, 'denied');
    expect(memory.worthOffering(at, offer)).toBeUndefined();
    expect(memory.worthOffering(at, { from: 'vendor/releases/web' })).toBeDefined();
  });

  it('is offered it again after exactly an hour', () => {
    let now = 0;
    const memory = createMountMemory({ monotonic: () => now });
    memory.offered(target, offer, 'denied');
    now = 60 * 60_000 - 1;
    expect(memory.worthOffering(target, offer)).toBeUndefined();
    now += 1;
    expect(memory.worthOffering(target, offer)).toBe(offer);
  });

  it.each([
    ['gcr.io', 'acme/api', { from: 'vendor/a' }, [{ from: 'vendor/b/c' }], [{ from: 'other/a' }]],
    [
      'gcr.io',
      'example.com/acme/api',
      { from: 'example.com/vendor/a' },
      [{ from: 'example.com/vendor/b' }],
      [{ from: 'example.com/other/a' }, { from: 'vendor/a' }],
    ],
    [
      'us-docker.pkg.dev',
      'acme/vendor/api',
      { from: 'example.com/vendor/releases/a' },
      [{ from: 'example.com/vendor/releases/b/c' }],
      [{ from: 'example.com/vendor/base/a' }],
    ],
    [
      'us-docker.pkg.dev',
      'acme/vendor/api',
      { from: 'vendor/releases/a', origin: 'eu-docker.pkg.dev' },
      [{ from: 'vendor/releases/b', origin: 'eu-docker.pkg.dev' }],
      [{ from: 'vendor/releases/a' }, { from: 'vendor/releases/a', origin: 'asia-docker.pkg.dev' }],
    ],
    [
      'us-docker.pkg.dev',
      'acme/vendor/api',
      { from: 'vendor/releases/a' },
      [{ from: 'vendor/releases/a', origin: 'us-docker.pkg.dev' }],
      [],
    ],
  ])(
    'at %s, of %s, is not offered what belongs to %j: %j',
    (registry, repository, denied, same, others) => {
      const memory = createMountMemory(clock);
      const at = { registry, repository };
      memory.offered(at, denied, 'denied');
      for (const one of [denied, ...same]) expect(memory.worthOffering(at, one)).toBeUndefined();
      for (const one of others) expect(memory.worthOffering(at, one)).toBe(one);
    },
  );

  it('waits for one answer at a time, and no longer for one that does not come', async () => {
    const memory = createMountMemory(clock);
    expect(memory.firstAnswer(target, undefined)).toBeUndefined();
    const first = Promise.reject(new Error('other side closed'));
    memory.offering(target, offer, first);
    const waiting = memory.firstAnswer(target, offer);
    memory.offering(sibling, offer, new Promise(() => undefined));
    expect(memory.firstAnswer(sibling, offer)).toBe(waiting);
    expect(await waiting).toBeUndefined();
    expect(memory.firstAnswer(target, offer)).toBeUndefined();
  });

  it('is waited for again although others were not denied before', () => {
    const memory = createMountMemory(clock);
    memory.offered(target, offer, 'present');
    memory.offered(sibling, offer, 'denied');
    memory.offering(target, offer, new Promise(() => undefined));
    expect(memory.firstAnswer(sibling, offer)).toBeDefined();
  });

  it('is waited for, once', async () => {
    const memory = createMountMemory(clock);
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    expect(memory.firstAnswer(target, offer)).toBeUndefined();
    memory.offering(target, offer, answered);
    const waiting = memory.firstAnswer(sibling, { from: 'vendor/releases/web' });
    expect(waiting).toBeDefined();
    expect(memory.firstAnswer(sibling, { from: 'vendor/base/os' })).toBeUndefined();
    answer();
    await waiting;
    expect(memory.firstAnswer(target, offer)).toBeUndefined();
    memory.offered(target, offer, 'present');
    memory.offering(target, offer, new Promise(() => undefined));
    expect(memory.firstAnswer(target, offer)).toBeUndefined();
  });
});

it.each([
  ['of another origin', target, { from: 'vendor/api', origin: 'gcr.io' }],
  ['in another registry', { ...target, registry: 'gcr.io' }, { from: 'vendor/api' }],
])('does not take an offer %s for one that was refused', (_what, at, offer) => {
  const memory = createMountMemory(clock);
  memory.offered(target, { from: 'vendor/api' }, 'refused');
  expect(memory.worthOffering(at, offer)).toBe(offer);
});

it('goes on with an offer on the same host that does not always help', () => {
  const memory = createMountMemory(clock);
  const offer = { from: 'vendor/api' };
  for (let times = 0; times < 50; times += 1) memory.offered(target, offer, {});
  expect(memory.worthOffering(target, offer)).toBe(offer);
});

describe('an offer across hosts', () => {
  const offer = { from: 'vendor/api', origin: 'eu-docker.pkg.dev' };

  it('stops for the pair of hosts after twenty that never helped', () => {
    const memory = createMountMemory(clock);
    for (let times = 0; times < 19; times += 1) memory.offered(target, offer, {});
    expect(memory.worthOffering(target, offer)).toBe(offer);
    memory.offered(sibling, { ...offer, from: 'vendor/web' }, 'refused');
    expect(memory.worthOffering(target, offer)).toBeUndefined();
    expect(memory.worthOffering(sibling, offer)).toBeUndefined();
    const elsewhere = { ...target, registry: 'europe-docker.pkg.dev' };
    expect(memory.worthOffering(elsewhere, offer)).toBe(offer);
  });

  it('goes on as soon as it has helped once', () => {
    const memory = createMountMemory(clock);
    memory.offered(target, offer, 'present');
    for (let times = 0; times < 50; times += 1) memory.offered(target, offer, {});
    expect(memory.worthOffering(target, offer)).toBe(offer);
  });
});

it('remembers that a registry does not like to be asked by mount', () => {
  const memory = createMountMemory(clock);
  expect(memory.canAskByMount(target)).toBe(true);
  memory.cannotAskByMount(target);
  expect(memory.canAskByMount(sibling)).toBe(false);
  expect(memory.canAskByMount({ ...target, registry: 'gcr.io' })).toBe(true);
});

it('remembers which repository has a blob', () => {
  const memory = createMountMemory(clock);
  const digest = digestOf(Buffer.from('x'));
  memory.stored(target, digest);
  expect(memory.has(target, digest)).toBe(true);
  expect(memory.has(sibling, digest)).toBe(false);
});

describe('what is remembered', () => {
  const COUNT = 10_000;
  const each = (work: (index: number) => void): void => {
    for (let index = 0; index < COUNT; index += 1) work(index);
  };

  it('of blobs does not grow without end', () => {
    const memory = createMountMemory(clock);
    const blob = (index: number) => `sha256:${index}` as Digest;
    each((index) => memory.stored(target, blob(index)));
    expect(memory.has(target, blob(0))).toBe(true);
    memory.stored(target, blob(COUNT));
    expect(memory.has(target, blob(0))).toBe(false);
    expect(memory.has(target, blob(COUNT))).toBe(true);
  });

  it.each(['refused', 'denied'] as const)('of offers that were %s does not either', (answer) => {
    const memory = createMountMemory(clock);
    const offer = (index: number) => ({ from: `vendor${index}/releases/api` });
    const isWorth = (index: number) => memory.worthOffering(target, offer(index)) !== undefined;
    each((index) => memory.offered(target, offer(index), answer));
    expect(isWorth(0)).toBe(false);
    memory.offered(target, offer(COUNT), answer);
    expect([isWorth(0), isWorth(COUNT)]).toEqual([true, false]);
  });
});
