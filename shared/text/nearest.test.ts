import { didYouMean, nearest } from './nearest';

describe('nearest', () => {
  it.each([
    ['image', ['name', 'images', 'immutable'], 'images'],
    ['tragets', ['rules', 'targets'], 'targets'],
    ['Acme', ['globex', 'acme'], 'acme'],
    ['as', ['tags', 'is'], 'is'],
    ['platform', ['platforms', 'paused'], 'platforms'],
    ['everybody', ['everyone', 'acme'], 'everyone'],
    ['zebra', ['acme', 'globex'], undefined],
    ['x', [], undefined],
  ])('%s among %j is %s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });

  it('is offered to the person, if there is one', () => {
    expect(didYouMean('image', ['images'], '`')).toBe('; did you mean `images`?');
    expect(didYouMean('zebra', ['images'])).toBe('');
  });
});
