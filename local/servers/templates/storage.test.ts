import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../../shared/oci/digest';
import { systemClock } from '../../../shared/system/clock';
import { createMemoryTemplateStorage } from '../../../test/support/memory-template-storage';
import { openDiskTemplateStorage, type TemplateStorage } from './storage';

const TRAIN = 'acme/vendor/train';
const [one, two] = ['one', 'two'].map((text) => Buffer.from(text)) as [Buffer, Buffer];
const [v1, v2] = [digestOf(one), digestOf(two)];

describe.each(['disk', 'memory'])('templates in %s', (kind) => {
  let folder: string;
  let storage: TemplateStorage;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'templates-'));
    storage =
      kind === 'disk'
        ? await openDiskTemplateStorage(folder)
        : createMemoryTemplateStorage(systemClock);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are versions of packages', async () => {
    expect(await storage.versions(TRAIN)).toBeUndefined();
    expect(await storage.put(TRAIN, one)).toBe(v1);
    const [first] = (await storage.versions(TRAIN))!;
    await storage.put(TRAIN, two);
    await storage.put(TRAIN, one);
    const versions = (await storage.versions(TRAIN))!;
    expect(versions.map(({ version }) => version)).toEqual([v1, v2].sort());
    expect(versions).toContainEqual(first);
    expect(first).toMatchObject({ version: v1, size: 3 });
    expect(String(await storage.read(TRAIN, v2))).toBe('two');
    expect(await storage.read('acme/vendor/none', v2)).toBeUndefined();
    await storage.put('acme/vendor/serve', one);
    await storage.put('acme/other/tune', one);
    expect(await storage.packages('acme/vendor')).toEqual(['serve', 'train']);
  });

  it('have tags', async () => {
    for (const bytes of [one, two]) await storage.put(TRAIN, bytes);
    await storage.setTag(TRAIN, 'latest', v1);
    await storage.setTag(TRAIN, 'latest', v2);
    expect(await storage.createTag(TRAIN, 'latest', v1)).toBe(false);
    expect(await storage.createTag(TRAIN, 'a', v1)).toBe(true);
    expect(await storage.tags(TRAIN)).toEqual([
      { tag: 'a', version: v1 },
      { tag: 'latest', version: v2 },
    ]);
    expect(await storage.readTag(TRAIN, 'none')).toBeUndefined();
    expect([await storage.removeTag(TRAIN, 'a'), await storage.removeTag(TRAIN, 'a')]).toEqual([
      true,
      false,
    ]);
  });

  it('go with their tags', async () => {
    for (const bytes of [one, two]) await storage.put(TRAIN, bytes);
    await storage.setTag(TRAIN, 'a', v1);
    await storage.setTag(TRAIN, 'b', v2);
    expect(await storage.removeVersion(TRAIN, v1)).toBe(true);
    expect(await storage.removeVersion(TRAIN, v1)).toBe(false);
    expect(await storage.tags(TRAIN)).toEqual([{ tag: 'b', version: v2 }]);
    await storage.removePackage(TRAIN);
    expect(await storage.packages('acme/vendor')).toStrictEqual([]);
    expect(await storage.tags(TRAIN)).toStrictEqual([]);
  });
});
