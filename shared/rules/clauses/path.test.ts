import { toldOfKey } from '../../../test/support/clause-keys';
import { KINDS } from '../../kinds/kinds';
import type { RuleKind } from '../kind';
import { path } from './path';

const { image, object, template } = KINDS;

function problems(kind: RuleKind, at: string, ...globs: string[]) {
  return path.problems?.({ [kind.paths.key]: globs }, kind, { at });
}

const fields = (...images: string[]) => path.compile({ images }, image, new Map());

describe('a glob that is more than a path below the source, or like none', () => {
  const called = (plural: string): string => `${plural} are named by their path below \`source\``;
  const NAMELESS = ': each part of a path begins and ends with a letter or a digit';

  it.each<[RuleKind, string, string, string]>([
    [image, 'gcr.io/v/r', 'gcr.io/v/r/web', `${called('images')}: "gcr.io/v/r/web" is "web" there`],
    [image, 'gcr.io/v/r', 'gcr.io/v/r', `${called('images')}, not "gcr.io/v/r"`],
    [image, 'gcr.io/v/r', 'gcr.io/other/r', `${called('images')}, not "gcr.io/other/r"`],
    [
      image,
      'gcr.io/v/r',
      'docker.io/library/nginx',
      `${called('images')}, and "docker.io/library/nginx" begins as another registry does: if a path there does so, write "[d]ocker.io/library/nginx"`,
    ],
    [
      image,
      'gcr.io/v/r',
      '{web,ghcr.io/v/*}',
      `${called('images')}, and "ghcr.io/v/" begins as another registry does: if a path there does so, write "[g]hcr.io/v/"`,
    ],
    [image, 'gcr.io/v/r', '-api', `no image is named like "-api"${NAMELESS}`],
    [image, 'gcr.io/v/r', 'a/-*/b', `no image is named like "a/-*/b"${NAMELESS}`],
    [
      image,
      'gcr.io/v/r',
      'a'.repeat(300),
      `no image is named like "${'a'.repeat(300)}"${NAMELESS}`,
    ],
    [object, 'gs://one', 'gs://one/x', `${called('objects')}: "gs://one/x" is "x" there`],
    [object, 'gs://one', 'gs://two/x', `${called('objects')}, not "gs://two/x"`],
    [object, 'gs://one', 'x'.repeat(1100), `no object is named like "${'x'.repeat(1100)}"`],
    [template, 'us-kfp.pkg.dev/v/r', '-', `no template is named like "-"${NAMELESS}`],
  ])('of %# is reported: %s %s', (kind, at, glob, message) => {
    expect(problems(kind, at, 'x', glob)).toEqual([{ at: [kind.paths.key, 1], message }]);
  });

  it.each<[RuleKind, string, string]>([
    [image, 'gcr.io/v/r', 'x/gcr.io/v/r'],
    [image, 'gcr.io/v/r', 'gcr.io'],
    [image, 'gcr.io/v/r', '[d]ocker.io/library/nginx'],
    [image, 'gcr.io/v/r', '**'],
    [object, 'gs://one', ' /.'],
    [object, 'gs://one', 'docker.io/x'],
    [template, 'us-kfp.pkg.dev/v/r', 'train-*'],
  ])('is none: %# %s, %s', (kind, at, glob) => expect(problems(kind, at, glob)).toStrictEqual([]));

  it('is not looked for where a rule says none', () => {
    expect(path.problems?.({}, image, { at: 'gcr.io/v/r' })).toStrictEqual([]);
  });

  it.each([
    ['localhost:5000/api', `${called('images')}, not "localhost:5000/api"`],
    [
      'docker.io/x:1',
      expect.stringContaining('has ":", which is never in an image path') as string,
    ],
    ['api:1', expect.stringContaining('has ":", which is never in an image path') as string],
    ['', 'the glob "" is empty'],
    ['docker.io/x', undefined],
    ['api', undefined],
  ])('is reported by its form: %j', (glob, message) => {
    const { images } = path.keys(KINDS);
    const found = images.safeParse([glob]).error?.issues.map((issue) => issue.message);
    expect(found).toEqual(message === undefined ? undefined : [message]);
  });

  it('with a colon is no matter of form where it may be the name of an object', () => {
    const { objects } = path.keys(KINDS);
    expect(objects.safeParse(['a:b', 'docker.io/x:1']).success).toBe(true);
    expect(objects.safeParse([]).success).toBe(false);
  });
});

describe('the clause by paths', () => {
  const { selects } = path;
  if (selects?.by !== 'path') throw new Error('it does not look at paths');

  it.each<[string[], string[], boolean]>([
    [['a', 'b'], ['a'], true],
    [['a'], ['a', 'b'], false],
    [['a', 'b*'], ['b1', 'a'], true],
    [['a/*'], ['a/**'], false],
    [['**'], ['a/**', 'b'], true],
  ])('of %j covers that of %j: %s', (outer, inner, expected) => {
    expect(selects.covers(fields(...outer), fields(...inner))).toBe(expected);
  });

  it.each([
    [['a'], 'a'],
    [['a', 'w/**'], '{a,w/**}'],
  ])('of %j is summed up as %s', (globs, summary) => {
    expect(selects.summary(fields(...globs))).toBe(summary);
  });

  it('has its globs as patterns, and the one name that is all of them', () => {
    const { patterns, only } = selects;
    const some = fields('ab', 'a?');
    expect(patterns(some)).toEqual([
      ['a', 'b'],
      ['a', { kind: 'any' }],
    ]);
    expect([some, fields('ab'), fields('a?')].map(only)).toEqual([undefined, 'ab', undefined]);
  });

  it.each([
    [undefined, false],
    ['', false],
    ['api', true],
    ['web', false],
  ])('lets what is at %j below the source pass: %s', (below, expected) => {
    const artifact = { kind: 'image' as const, registry: 'gcr.io', repository: 'v/api' };
    const asked = {
      artifact,
      name: 'gcr.io/v/api',
      path: below,
      isNameAlone: true,
      isAttachment: false,
    };
    expect(selects.admits(fields('api'), asked)).toBe(expected);
    expect(selects.admits(fields('**'), asked)).toBe(below !== undefined);
  });

  it.each([
    [image, 'images', true],
    [template, 'images', '`templates` says which templates'],
    [image, 'objects', 'they come from gs://; `images` says which images'],
  ])('says of %# by the key `%s`: %s', (kind: RuleKind, key, expected) => {
    expect(path.about(kind, key, KINDS)).toBe(expected);
  });

  const named = {
    artifact: { kind: 'image' as const, registry: 'gcr.io', repository: 'v/api' },
    name: 'gcr.io/v/api',
  };
  const marks = { isNameAlone: true, isAttachment: false };

  it.each([
    ['web', "images 'api', 'w/**' do not match \"web\""],
    ['w/x', "images 'api', 'w/**' match \"w/x\""],
    ['', "images 'api', 'w/**' do not match the source itself"],
    [undefined, "images 'api', 'w/**' do not match the source itself"],
  ])('gives its reason for what is at %j', (below, expected) => {
    expect(selects.why(fields('api', 'w/**'), { ...named, ...marks, path: below }, image)).toBe(
      expected,
    );
  });

  it('refuses what its kind never releases, whatever the globs say', () => {
    const all = path.compile({}, object, new Map());
    const name = 'gcloud/tmp/parallel_composite_uploads/x_1';
    const asked = {
      artifact: { kind: 'object' as const, bucket: 'one', name },
      name: `gs://one/${name}`,
      path: name,
      ...marks,
    };
    expect(path.says(all)).toEqual(['**']);
    expect(selects.admits(all, asked)).toBe(false);
    expect(selects.why(all, asked, object)).toMatch(/^it is a part of an upload/);
    expect(
      selects.admits(all, {
        ...asked,
        artifact: { kind: 'object' as const, bucket: 'one', name: 'x' },
      }),
    ).toBe(true);
  });
});

it.each(Object.values(KINDS))('is a key of $plural in the schema', ({ name, paths }) => {
  expect(toldOfKey(paths.key)).toEqual({ kinds: [name], decides: 'which', badly: [] });
});
