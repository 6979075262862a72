import type { Descriptor } from '../../../oci/descriptor';
import { digestOf } from '../../../oci/digest';
import { fallbackTag } from '../../../oci/digest-tag';
import { NetworkError, RegistryError } from '../../../oci/http/errors';
import type { Copying } from '../copy-context';
import { readDigestTags } from './at-source';

const SUBJECT = digestOf(Buffer.from('a subject'));
const OTHER = digestOf(Buffer.from('another'));
const tag = fallbackTag(SUBJECT);
const refusal = (status: number) =>
  new RegistryError({ method: 'GET', url: '', status, entries: [], detail: '' });
const held = (): Promise<Descriptor | undefined> =>
  Promise.resolve({ mediaType: 'x', digest: OTHER, size: 1 });

function createScene(
  listTags: () => Promise<readonly string[]>,
  headManifest: (tag: string) => Promise<Descriptor | undefined> = held,
) {
  const asked: string[] = [];
  const notes = new Set<string>();
  const source = {
    registry: 'r.example',
    repository: 'a',
    listTags,
    headManifest: (named: string) => {
      asked.push(named);
      return headManifest(named);
    },
  };
  return { asked, notes, read: () => readDigestTags({ source, notes } as unknown as Copying) };
}

it('are those of the list that belong to the digest', async () => {
  const tags = ['v1', tag, `${tag}.sig`, `${tag}.vex`, `${tag}x`, `${fallbackTag(OTHER)}.sig`];
  const { asked, notes, read } = createScene(() => Promise.resolve(tags));
  const tagsOf = await read();
  expect(await tagsOf(SUBJECT)).toEqual([tag, `${tag}.sig`, `${tag}.vex`]);
  expect(await tagsOf(OTHER)).toEqual([`${fallbackTag(OTHER)}.sig`]);
  expect(await tagsOf(digestOf(Buffer.from('a third')))).toHaveLength(0);
  expect({ asked, notes: [...notes] }).toEqual({ asked: [], notes: [] });
});

it.each([401, 403, 404, 405])(
  'are looked for where they cannot be listed (%d), and a note says so',
  async (status) => {
    const { asked, notes, read } = createScene(
      () => Promise.reject(refusal(status)),
      (named) => (named.endsWith('.att') ? Promise.resolve(undefined) : held()),
    );
    const tagsOf = await read();
    expect(await tagsOf(SUBJECT)).toEqual([tag, `${tag}.sig`, `${tag}.sbom`]);
    expect(asked).toEqual(['', '.sig', '.att', '.sbom'].map((kind) => `${tag}${kind}`));
    expect([...notes]).toEqual([
      'the tags of r.example/a cannot be listed: of those that belong to a digest only .sig, .att, .sbom are looked for',
    ]);
  },
);

it.each([
  ['answered 500', refusal(500)],
  ['not answered', new NetworkError('GET', '', new Error('broken'))],
])('are not known where the list is %s', async (_, error) => {
  const { notes, read } = createScene(() => Promise.reject(error));
  await expect(read()).rejects.toBe(error);
  expect([...notes]).toStrictEqual([]);
});

it('leaves no question under way when one of them fails', async () => {
  const answers: ((found: Descriptor | undefined) => void)[] = [];
  const { asked, read } = createScene(
    () => Promise.reject(refusal(403)),
    () =>
      asked.length === 1
        ? Promise.reject(new Error('broken'))
        : new Promise((answer) => answers.push(answer)),
  );
  const tagsOf = await read();
  let isOver = false;
  const reading = tagsOf(SUBJECT).finally(() => (isOver = true));
  const failing = expect(reading).rejects.toThrow('broken');
  await new Promise(setImmediate);
  expect([asked.length, isOver]).toEqual([4, false]);
  for (const answer of answers) answer(undefined);
  await failing;
});
