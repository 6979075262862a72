import { parseGlob } from '../../text/glob';
import { literalImages } from './listing';
import { imageRules } from './rule';

const patterns = (...globs: string[]) =>
  globs.flatMap((glob) => parseGlob(glob, imageRules.paths.grammar).alternatives);

it('names each image once, in order', () => {
  expect(literalImages(patterns('web', '{workers/mail,api}', 'web'))).toEqual([
    'api',
    'web',
    'workers/mail',
  ]);
});

it('names none where one is named by a wildcard', () => {
  expect(literalImages(patterns('api', 'team-?', 'web'))).toBeUndefined();
});
