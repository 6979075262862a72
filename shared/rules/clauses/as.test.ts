import { toldOfKey } from '../../../test/support/clause-keys';
import { imageRules } from '../../kinds/image/rule';
import { objectRules } from '../../kinds/object/rule';
import { templateRules } from '../../kinds/template/rule';
import type { Artifact } from '../artifact';
import { formatArtifact } from '../../kinds/references';
import { compileClauses, onlyOf } from '../clauses';
import type { RuleKind } from '../kind';
import { endsAt } from '../match';
import type { Target } from '../rules';
import { as as clause } from './as';
import type { TagClauses } from './tags';

const target: Target = {
  name: 'acme',
  pauses: [],
  receipts: false,
  repository: { registry: 'eu.gcr.io', repository: 'acme/vendor' },
  templates: { registry: 'eu-kfp.pkg.dev', repository: 'acme/pipelines' },
  bucket: { bucket: 'acme-models', prefix: 'vendor' },
};

function destinationAt(
  about: RuleKind,
  as: string,
  at: Target,
  path: string,
  tag?: string,
): Artifact | undefined {
  const { naming } = clause.compile({ as }, about, new Map());
  const artifact = about.artifactAt(about.place.parse(about.place.examples[0] ?? ''), 'a');
  if (artifact === undefined) throw new Error('nothing is there');
  const asked = { artifact, name: 'a', path, tag, isAttachment: false, isNameAlone: false };
  return endsAt({ about, naming }, at, asked)?.destination;
}

function namingProblem(
  kind: RuleKind,
  as: string,
  { globs, tags }: { globs?: string[]; tags?: TagClauses },
): string | undefined {
  const [source = ''] = kind.place.examples;
  const rule = { source, as, [kind.paths.key]: globs, tags };
  const isWhole = globs !== undefined;
  const signers = new Map<string, undefined>();
  const only = isWhole ? onlyOf(compileClauses(rule, kind, signers)) : undefined;
  return clause.problems?.({ as }, kind, { at: source, only })[0]?.message;
}

describe('a destination', () => {
  it.each([
    ['{image}:{tag}', 'api', 'eu.gcr.io/acme/vendor/api:1'],
    ['{image}:{tag}', 'workers/a', 'eu.gcr.io/acme/vendor/workers/a:1'],
    ['mirror/{image}:v{tag}-x', 'api', 'eu.gcr.io/acme/vendor/mirror/api:v1-x'],
    ['{image}-copy:{tag}', 'api', 'eu.gcr.io/acme/vendor/api-copy:1'],
    ['app:stable', 'api', 'eu.gcr.io/acme/vendor/app:stable'],
    ['{image}:{tag}', '', 'eu.gcr.io/acme/vendor:1'],
    ['{image}/of/vendor:{tag}', '', 'eu.gcr.io/acme/vendor/of/vendor:1'],
    ['mirror/{image}:{tag}', '', 'eu.gcr.io/acme/vendor/mirror:1'],
  ])('as %s of %j is %s', (as, image, expected) => {
    const destination = destinationAt(imageRules, as, target, image, '1');
    expect(destination && formatArtifact(destination)).toBe(expected);
  });

  it.each([
    ['an empty image leaves half a name', '{image}-copy:{tag}', '', '1'],
    ['the path becomes too long', `${'a'.repeat(200)}/{image}:{tag}`, 'b'.repeat(60), '1'],
    ['host and path become too long', '{image}:{tag}', 'b'.repeat(240), '1'],
    ['the tag becomes too long', '{image}:{tag}-mirrored', 'api', '1'.repeat(128)],
  ])('is none when %s', (_when, as, image, tag) => {
    expect(destinationAt(imageRules, as, target, image, tag)).toBeUndefined();
  });

  it('keeps what looks like a replacement pattern', () => {
    expect(destinationAt(imageRules, '{image}:{tag}', target, '$&')).toBeUndefined();
  });
});

describe('what an artifact is called where a rule says nothing of it', () => {
  it.each([
    [imageRules, { as: '{image}:{tag}', naming: { path: '{image}', tag: '{tag}' } }],
    [templateRules, { as: '{template}:{tag}', naming: { path: '{template}', tag: '{tag}' } }],
    [objectRules, { as: '{object}', naming: { path: '{object}', tag: '' } }],
  ])('is its own name: %#', (kind, expected) => {
    expect(clause.compile({}, kind, new Map())).toEqual(expected);
  });
});

describe('the destination of a template', () => {
  it('keeps its name and tag', () => {
    const at = destinationAt(templateRules, '{template}:{tag}', target, 'train', 'v1');
    expect(at && formatArtifact(at)).toBe('eu-kfp.pkg.dev/acme/pipelines/train:v1');
  });

  it('is none where the target takes no templates', () => {
    const other = { name: 'other', pauses: [], receipts: false };
    const as = '{template}:{tag}';
    expect(destinationAt(templateRules, as, other, 'train', 'v1')).toBeUndefined();
  });
});

describe('the destination of an object', () => {
  it.each([
    ['{object}', 'a/b.bin', 'vendor/a/b.bin'],
    ['{object}', 'a//b/', 'vendor/a//b/'],
    ['models/{object}.new', 'Ä b', 'vendor/models/Ä b.new'],
    ['latest.bin', 'a.bin', 'vendor/latest.bin'],
    ['{object}', '$&', 'vendor/$&'],
  ])('as %s of %j is %j', (as, path, name) => {
    expect(destinationAt(objectRules, as, target, path)).toEqual({
      kind: 'object',
      bucket: 'acme-models',
      name,
    });
  });

  it('is at the top of a whole bucket', () => {
    const bucket = { bucket: 'acme-models', prefix: '' };
    expect(destinationAt(objectRules, '{object}', { ...target, bucket }, 'a')).toMatchObject({
      name: 'a',
    });
  });

  it('is none when the name becomes too long, or the target takes no objects', () => {
    expect(destinationAt(objectRules, '{object}', target, 'x'.repeat(1020))).toBeUndefined();
    const other = { name: 'other', pauses: [], receipts: false };
    expect(destinationAt(objectRules, '{object}', other, 'a')).toBeUndefined();
  });
});

describe('as of objects', () => {
  it.each([
    ['{object}', ['**']],
    ['from-vendor/{object}', ['**']],
    ['model:latest', ['model.bin']],
  ])('may be %s for %j', (as, globs) => {
    expect(namingProblem(objectRules, as, { globs })).toBeUndefined();
  });

  it.each([
    ['{image}', ['**'], 'unknown placeholder {image} in `as`: there is {object}'],
    ['{object}:{tag}', ['**'], 'unknown placeholder {tag}'],
    ['{object}/{object}', ['**'], 'uses {object} twice'],
    ['model.bin', ['**'], '`as` needs {object}, or all objects would become "model.bin"'],
    ['/{object}', ['**'], 'begins with "/"'],
    ['a\n{object}', ['**'], 'has no line breaks'],
  ])('may not be %j for %j: %s', (as, globs, problem) => {
    expect(namingProblem(objectRules, as, { globs })).toContain(problem);
  });
});

describe('as', () => {
  const many = ['**'];
  it.each([
    ['{image}:{tag}', many, {}],
    ['a/{image}:v{tag}', many, {}],
    ['app:{tag}', ['api'], {}],
    ['{image}:stable', many, { include: ['latest'] }],
    ['{image}:{tag}', undefined, undefined],
  ])('may be %s for %j and %j', (as, images, tags) => {
    expect(namingProblem(imageRules, as, { globs: images, tags })).toBeUndefined();
  });

  it.each([
    ['{image}', many, {}, 'has no ":"'],
    [
      '{image}:{version}',
      many,
      {},
      'unknown placeholder {version} in `as`: there are {image} and {tag}',
    ],
    ['{image:{tag}', many, {}, 'unknown placeholder {image:'],
    ['image}:{tag}', many, {}, 'unknown placeholder }'],
    ['{image}/{image}:{tag}', many, {}, 'uses {image} twice'],
    ['{tag}/{image}:x', many, {}, 'belongs before the last ":"'],
    ['app:{tag}', many, {}, 'the path of `as` needs {image}, or all images would become "app"'],
    ['app:{tag}', ['api', 'web'], {}, 'needs {image}'],
    ['app:{tag}', ['api-*'], {}, 'needs {image}'],
    ['{image}:stable', many, {}, 'needs {tag}'],
    ['{image}:stable', many, { include: ['v*'] }, 'needs {tag}'],
    ['{image}:stable', many, { include: ['v1'], semver: '1.x' }, 'needs {tag}'],
    ['/{image}:{tag}', many, {}, 'not a repository path'],
    ['UP/{image}:{tag}', many, {}, 'not a repository path'],
    ['../{image}:{tag}', many, {}, 'not a repository path'],
    ['{image}:.{tag}', many, {}, 'is not a tag'],
  ])('may not be %s for %j and %j: %s', (as, images, tags, problem) => {
    expect(namingProblem(imageRules, as, { globs: images, tags })).toContain(problem);
  });
});

describe('as that begins with the place of a target', () => {
  const problemsOf = (kind: RuleKind, as: string, targets?: Target[]) =>
    clause.problems?.({ as }, kind, { at: kind.place.examples[0] ?? '', targets });
  const other: Target = { name: 'other', pauses: [], receipts: false };
  const whole = { image: 'eu.gcr.io/acme/vendor', object: 'gs://acme-models/vendor' };

  it.each<[RuleKind, string, string, string]>([
    [imageRules, `${whole.image}/{image}:{tag}`, whole.image, '{image}:{tag}'],
    [imageRules, `${whole.image}/x/{image}:{tag}`, whole.image, 'x/{image}:{tag}'],
    [objectRules, `${whole.object}/x/{object}`, whole.object, 'x/{object}'],
  ])('is reported: %# %s', (kind, as, place, short) => {
    const message = `\`as\` is the path below a target's \`${kind.place.key}\`: without "${place}" it is "${short}"`;
    expect(problemsOf(kind, as, [other, target])).toEqual([{ message, at: ['as'] }]);
    expect(problemsOf(kind, as, [other])).toStrictEqual([]);
    expect(problemsOf(kind, as)).toStrictEqual([]);
  });

  it.each<[RuleKind, string]>([
    [imageRules, 'eu.gcr.io/acme/vendor2/{image}:{tag}'],
    [imageRules, 'acme/vendor/{image}:{tag}'],
    [objectRules, 'x/gs://acme-models/vendor/{object}'],
    [objectRules, 'acme-models/vendor/{object}'],
    // That it may not be said at all is reported elsewhere.
    [templateRules, 'x'],
  ])('is none: %# %s', (kind, as) => expect(problemsOf(kind, as, [target])).toStrictEqual([]));

  it('is not looked for where a rule says none', () => {
    expect(clause.problems?.({}, imageRules, { at: '', targets: [target] })).toStrictEqual([]);
  });
});

it('is a key in the schema, with its kinds', () => {
  expect(toldOfKey('as')).toEqual({ kinds: ['image', 'object'], decides: 'which', badly: [] });
});
