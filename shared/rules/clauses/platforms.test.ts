import { toldOfKey } from '../../../test/support/clause-keys';
import { KINDS } from '../../kinds/kinds';
import { platforms } from './platforms';

const { image } = KINDS;
const fields = (...written: string[]) =>
  platforms.compile(written.length === 0 ? {} : { platforms: written }, image, new Map());

const FORM = 'a platform is os/architecture or os/architecture/variant, such as "linux/arm64"';

it.each([
  [['linux/amd64', 'linux/arm/v7'], []],
  [['amd64'], [FORM]],
  [
    ['Linux/AMD64', 'linux/arm64', 'linux/'],
    [FORM, FORM],
  ],
  [['linux/x86_64'], ['there is no platform "linux/x86_64"; did you mean "linux/amd64"?']],
  [[], [expect.stringMatching(/^Too small/) as string]],
])('platforms are read by their form: %j', (written, expected) => {
  const { error } = platforms.keys(KINDS).platforms.safeParse(written);
  expect((error?.issues ?? []).map(({ message }) => message)).toEqual(expected);
});

it('some platforms make another index, which is unsigned; all make none', () => {
  const some = fields('linux/arm/v7');
  expect(some).toEqual({ platforms: [{ os: 'linux', architecture: 'arm', variant: 'v7' }] });
  expect(platforms.says(some)).toEqual(some.platforms);
  expect(fields()).toStrictEqual({});
  expect([platforms.alters?.(some), platforms.alters?.(fields())]).toEqual([true, false]);
  const none = {
    about: image,
    targets: [],
    receiving: () => new Set<string>(),
    receivingAltered: () => new Set<string>(),
  };
  expect(platforms.note?.(fields(), none)).toBeUndefined();
  expect(platforms.note?.(some, none)).toBe(
    'releases some platforms only: the target gets an index with another digest, so what signs the whole index is not carried',
  );
});

it('is a key in the schema, with its kinds', () => {
  expect(toldOfKey('platforms')).toEqual({
    kinds: ['image'],
    decides: 'how, by the first rule',
    badly: [],
  });
});
