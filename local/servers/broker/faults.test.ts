import { createPublishEnds } from './faults';

describe('publishes that fail on purpose', () => {
  it('are none without faults', () => {
    const next = createPublishEnds();
    expect(Array.from({ length: 20 }, next)).toEqual(Array(20).fill('published'));
  });

  it('are a share, in turn before and after they take effect, the same for the same seed', () => {
    const ends = (seed: number) => {
      const next = createPublishEnds({ seed, refusedPublishes: 0.2 });
      return Array.from({ length: 500 }, next);
    };
    const failed = ends(1).filter((end) => end !== 'published');
    expect(failed.length).toBeGreaterThan(50);
    expect(failed.length).toBeLessThan(150);
    expect(failed.slice(0, 4)).toEqual(['refused', 'lost', 'refused', 'lost']);
    expect(ends(1)).toEqual(ends(1));
    expect(ends(1)).not.toEqual(ends(2));
  });
});
