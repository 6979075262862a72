import {
  createTemplateStage,
  PACKAGE,
  SOURCE,
  TARGET,
} from '../../../../test/support/template-stage';
import type { TemplateStage } from '../../../../test/support/template-stage';
import { pipeline, pushTemplate } from '../../../../local/servers/templates/push';
import { failureOf } from '../../../../test/support/open-repository';
import { HeldError, TagConflictError, UncopyableError } from '../../../copying/errors';
import { digestOf } from '../../../oci/digest';
import { formatReference, parseReference, type Reference } from '../../../oci/reference';
import type { ImageOptions } from '../copy-context';

const VENDOR = 'gcr.io/vendor/trainer:1.0.0';
const ACME = 'eu-docker.pkg.dev/acme/trainer:1.0.0';

let stage: TemplateStage;
let there: Set<string>;
let asked: string[];
beforeEach(async () => {
  stage = await createTemplateStage();
  [there, asked] = [new Set([ACME]), []];
});
afterEach(() => stage.close());

const images: ImageOptions = {
  rewrite: true,
  target: 'acme',
  nameOf: (image) =>
    image.startsWith('gcr.io/vendor/tr')
      ? parseReference(image.replace('gcr.io/vendor', 'eu-docker.pkg.dev/acme'))
      : undefined,
  isOurs: (image) => image.startsWith('gcr.io/vendor/'),
  isThere(image: Reference) {
    asked.push(formatReference(image));
    return Promise.resolve(there.has(formatReference(image)));
  },
};
const renamed = (seed = 'one') => pipeline(PACKAGE, seed, ACME);

async function published(seed: string, image = VENDOR, tags = ['v1']) {
  await stage.publish('source', seed, tags, image);
  stage.requests();
}

describe('a template whose images are renamed', () => {
  it('arrives with the names that they have there, under its own version', async () => {
    await published('one');
    expect(await stage.copy({ images })).toMatchObject({
      outcome: 'copied',
      digest: digestOf(renamed()),
      bytes: renamed().length,
      requests: 8,
      notes: [],
    });
    expect(stage.requests()).toEqual({
      source: { getTag: 3, getVersion: 1, download: 1 },
      target: { getTag: 1, getVersion: 1, upload: 1 },
    });
    expect(asked).toEqual([ACME]);
    expect(await stage.held()).toBe(digestOf(renamed()));
    expect(await stage.open('target').download(digestOf(renamed()))).toEqual(renamed());
  });

  it('is described there as its source is', async () => {
    const to = { origin: stage.source.origin, repository: SOURCE, description: 'Trains a model' };
    await pushTemplate(to, pipeline(PACKAGE, 'one', VENDOR), ['v1']);
    const { digest } = await stage.copy({ images });
    expect(await stage.open('target').readDescription(digest)).toBe('Trains a model');
  });

  it('is compared by what the source comes to there, and its images are not asked for again', async () => {
    await published('one');
    await stage.copy({ images });
    stage.requests();
    asked = [];
    there.clear();
    const again = await stage.copy({ images });
    expect(again).toMatchObject({ outcome: 'current', digest: digestOf(renamed()), bytes: 0 });
    expect(stage.requests()).toEqual({ source: { getTag: 1, download: 1 }, target: { getTag: 1 } });
    expect(asked).toStrictEqual([]);
  });

  it('waits for its images, by name, and has written nothing until they are there', async () => {
    await published('one');
    there.clear();
    const held = await failureOf(stage.copy({ images }));
    expect(held).toBeInstanceOf(HeldError);
    expect(held).toMatchObject({
      reason: 'images-missing',
      message: `${stage.target.address}/${TARGET}/${PACKAGE}:v1 names an image that is not at the target yet: ${ACME}`,
    });
    expect(stage.requests()).toEqual({ source: { getTag: 1, download: 1 }, target: { getTag: 1 } });

    there.add(ACME);
    expect(await stage.copy({ images })).toMatchObject({ outcome: 'copied' });
    expect(await stage.held()).toBe(digestOf(renamed()));
  });

  it('says of an image that never comes that this is so', async () => {
    const pinned = VENDOR.replace(':1.0.0', `@${digestOf(Buffer.from('index'))}`);
    await published('one', pinned);
    const naming: ImageOptions = {
      ...images,
      nameOf: (image) => {
        const there = images.nameOf(image);
        return there && { ...there, isAltered: true };
      },
    };
    await expect(stage.copy({ images: naming })).rejects.toThrow(
      /at the target yet: \S+\/acme\/trainer@sha256:\S+\. The target is given some platforms only: an index \(named so\) has another digest there, and never comes with this one; name it by a tag$/,
    );
  });

  it('that moves on while it is copied is asked about again', async () => {
    await published('one');
    const next = VENDOR.replace('1.0.0', '2.0.0');
    stage.target.faults.add({
      on: 'getVersion',
      afterwards: () => stage.publish('source', 'two', ['v1'], next),
    });
    const held = await failureOf(stage.copy({ images }));
    expect(held).toMatchObject({ reason: 'images-missing' });
    expect(asked).toEqual([ACME, ACME.replace('1.0.0', '2.0.0')]);
    expect(await stage.held()).toBeUndefined();
  });

  it('moves a tag back to a version that is there only if its images are, too', async () => {
    await published('one');
    await stage.copy({ images });
    await published('two');
    await stage.copy({ images });
    await published('one');
    there.clear();
    expect(await failureOf(stage.copy({ images }))).toBeInstanceOf(HeldError);
    expect(await stage.held()).toBe(digestOf(renamed('two')));
    there.add(ACME);
    expect(await stage.copy({ images })).toMatchObject({ outcome: 'copied', bytes: 0 });
    expect(await stage.held()).toBe(digestOf(renamed('one')));
  });

  it('keeps what no rule releases there, and says so', async () => {
    await published('one', 'python:3.12');
    const outcome = await stage.copy({ images });
    expect(outcome.notes).toEqual([
      'it names python:3.12, which no rule releases to acme: left as it is',
    ]);
    expect(outcome.digest).toBe(digestOf(pipeline(PACKAGE, 'one', 'python:3.12')));
    expect((await stage.copy({ images })).notes).toEqual(outcome.notes);
    expect(asked).toStrictEqual([]);
  });

  it('is refused where its tag may not move, before its images are asked for', async () => {
    await published('one');
    await stage.publish('target', 'other', ['v1']);
    const conflict = await failureOf(stage.copy({ images, immutable: true }));
    expect(conflict).toBeInstanceOf(TagConflictError);
    expect(conflict).toMatchObject({ wanted: digestOf(renamed()) });
    expect(asked).toStrictEqual([]);
  });

  it('is named by its digest, too', async () => {
    const digest = await stage.publish('source', 'one', [], VENDOR);
    expect(await stage.copy({ images, digest })).toMatchObject({ digest: digestOf(renamed()) });
    there.clear();
    const other = await stage.publish('source', 'two', [], VENDOR);
    expect(await failureOf(stage.copy({ images, digest: other }))).toBeInstanceOf(HeldError);
  });

  it('that cannot be read cannot be copied: what it names is unknown', async () => {
    await published('one', '&a [');
    const failure = await failureOf(stage.copy({ images }));
    expect(failure).toBeInstanceOf(UncopyableError);
    expect(String(failure)).toMatch(
      /its images are to be renamed, and it is neither YAML nor JSON/,
    );
  });
});

describe('a template that is copied as it is', () => {
  const plain = { ...images, rewrite: false };

  it.each([
    [
      VENDOR,
      [
        `it names ${VENDOR} (there ${ACME}): with \`rewriteImages: true\` it would name what acme has`,
      ],
    ],
    ['gcr.io/vendor/secret:1', ['it names gcr.io/vendor/secret:1, which no rule releases to acme']],
    ['python:3.12', []],
  ])('is noted where it names what its target cannot have: %s', async (image, notes) => {
    await published('one', image);
    const outcome = await stage.copy({ images: plain });
    expect(outcome).toMatchObject({
      notes,
      requests: 8,
      digest: digestOf(pipeline(PACKAGE, 'one', image)),
    });
    expect(asked).toStrictEqual([]);
  });
});
