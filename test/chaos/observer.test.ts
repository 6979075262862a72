import { createObserver } from './observer';

const write = (observer: ReturnType<typeof createObserver>, content: string): void =>
  observer.wrote('customer-0', 'api:latest', content);

describe('a write of something older', () => {
  it.each([
    ['is one that an attempt explains, soon after the source has moved on', 60_000, 0],
    ['is one that nothing explains, later than an attempt lasts', -1, 1],
  ])('%s', (_, attemptMs, unexplained) => {
    const observer = createObserver(attemptMs);
    for (const content of ['old', 'new']) observer.released('api:latest', content);
    for (const content of ['new', 'old']) write(observer, content);
    expect(observer.figures()).toMatchObject({ writes: 2, stepsBack: 1 });
    expect(observer.figures().unexplained).toHaveLength(unexplained);
  });

  it('is none when the vendor has gone back to it', () => {
    const observer = createObserver(-1);
    for (const content of ['old', 'new', 'old']) observer.released('api:latest', content);
    for (const content of ['new', 'old']) write(observer, content);
    expect(observer.figures()).toMatchObject({ stepsBack: 0, unexplained: [] });
  });
});
