import { digestOf, type DigestAlgorithm } from '../../oci/digest';
import { embeddedContent } from './manifests';

const describeText = (text: string, data?: string, algorithm?: DigestAlgorithm) => ({
  mediaType: 'text/plain',
  digest: digestOf(Buffer.from(text), algorithm),
  size: text.length,
  ...(data !== undefined && { data: Buffer.from(data).toString('base64') }),
});

it.each([
  ['nothing', describeText(''), ''],
  ['the empty config', describeText('{}'), '{}'],
  ['the empty config by sha512', describeText('{}', undefined, 'sha512'), '{}'],
  ['embedded data', describeText('hello', 'hello'), 'hello'],
  ['data of another length', describeText('hello', 'hell'), undefined],
  ['data that another size is said of', { ...describeText('hello', 'hello'), size: 4 }, undefined],
  ['data of another digest', describeText('hello', 'hullo'), undefined],
  ['the empty config with a wrong size', { ...describeText('{}'), size: 3 }, undefined],
  ['no data', describeText('hello'), undefined],
])('knows the content of %s', (_, descriptor, content) => {
  const bytes = embeddedContent(descriptor);
  expect(bytes && Buffer.from(bytes).toString()).toBe(content);
});
