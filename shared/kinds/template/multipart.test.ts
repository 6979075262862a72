import { digestOf } from '../../oci/digest';
import { encodeUpload } from './content';

/** What another reader reads: the platform's own parser. */
async function fieldsOf(tags: readonly string[], bytes: Buffer): Promise<Record<string, unknown>> {
  const upload = encodeUpload('train', { version: digestOf(bytes), bytes }, tags);
  const headers = { 'content-type': upload.contentType };
  const form = await new Response(Buffer.from(upload.body), { headers }).formData();
  const content = form.get('content') as File;
  const read = Buffer.from(await content.arrayBuffer());
  return { tags: form.get('tags'), file: content.name, same: read.equals(bytes) };
}

it.each([
  [['v1', 'lätest ✓'], 'v1,lätest ✓'],
  [[], null],
])('writes a form with a file and the tags %j', async (tags, read) => {
  const bytes = Buffer.from([0, 13, 10, 45, 45, 255, 128, 10]);
  expect(await fieldsOf(tags, bytes)).toEqual({ tags: read, file: 'train.yaml', same: true });
});

it('writes an empty file', async () => {
  expect(await fieldsOf(['v1'], Buffer.alloc(0))).toMatchObject({ tags: 'v1', same: true });
});

it('writes the same bytes each time', () => {
  const bytes = Buffer.from('pipelineInfo: { name: train }');
  const upload = () => encodeUpload('train', { version: digestOf(bytes), bytes }, ['v1']);
  expect(upload()).toEqual(upload());
});
