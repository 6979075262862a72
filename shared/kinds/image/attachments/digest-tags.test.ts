import type { Descriptor } from '../../../oci/descriptor';
import { digestOf } from '../../../oci/digest';
import { RegistryError } from '../../../oci/http/errors';
import type { Copying } from '../copy-context';
import { readDigestTags } from './digest-tags';

const SUBJECT = digestOf(Buffer.from('a subject'));
const denied = new RegistryError({ method: 'GET', url: '', status: 403, entries: [], detail: '' });

it('leaves no question under way when one of them fails', async () => {
  const answers: ((found: Descriptor | undefined) => void)[] = [];
  let asked = 0;
  const source = {
    registry: 'r.example',
    repository: 'a',
    listTags: () => Promise.reject(denied),
    headManifest: () =>
      ++asked === 1
        ? Promise.reject(new Error('broken'))
        : new Promise<Descriptor | undefined>((answer) => answers.push(answer)),
  };
  const tagsOf = await readDigestTags({ source, notes: new Set() } as unknown as Copying);
  let isOver = false;
  const reading = tagsOf(SUBJECT).finally(() => (isOver = true));
  const failing = expect(reading).rejects.toThrow('broken');
  await new Promise(setImmediate);
  expect([asked, isOver]).toEqual([4, false]);
  for (const answer of answers) answer(undefined);
  await failing;
});
