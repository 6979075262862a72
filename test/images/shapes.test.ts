import { findMissing, readImage } from '../../local/images/read';
import { push } from '../../local/images/push';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { shapes, TAG } from './shapes';

let registry: Registry;
beforeAll(async () => {
  registry = await createRegistry();
});
afterAll(() => registry.close());

it('has a name of its own for each shape, and other bytes for another seed', () => {
  expect(new Set(shapes.map(({ name }) => name)).size).toBe(shapes.length);
  const digests = shapes.map(({ build }) => build().root.digest);
  expect(new Set(digests).size).toBe(digests.length);
  const others = shapes.map(({ build }) => build('other').root.digest);
  expect(digests.filter((digest) => others.includes(digest))).toStrictEqual([]);
});

it.each(shapes)('pushes $name and reads it back complete', async ({ name, build }) => {
  const location = {
    registry: registry.address,
    repository: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
  };
  const image = build();
  await push(image, location);
  expect(await readImage(location, TAG)).toMatchObject({ digest: image.root.digest, missing: [] });
  expect(await findMissing(image, location)).toStrictEqual([]);
});
