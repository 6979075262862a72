import { attributesOfProgress, progressOfAttributes } from './progress';

const generation = '1732486000000000';

it.each([1, 900, 901, 3000, 7200])('carries a token of %i characters in attributes', (length) => {
  const progress = { generation, token: 'a:b\n'.repeat(length).slice(0, length) };
  const attributes = attributesOfProgress(progress) ?? {};
  expect(Object.values(attributes).every((value) => value.length <= 1024)).toBe(true);
  expect(progressOfAttributes(attributes)).toEqual(progress);
});

it('is not misled by what a longer token has left behind', () => {
  const long = attributesOfProgress({ generation, token: 'x'.repeat(2000) });
  const short = { generation, token: 'short' };
  expect(progressOfAttributes({ ...long, ...attributesOfProgress(short) })).toEqual(short);
});

it('begins anew rather than carry a token that does not fit', () => {
  expect(attributesOfProgress({ generation, token: 'x'.repeat(7201) })).toBeUndefined();
});

it.each([
  {},
  { rewriteToken: 'abc' },
  { rewriteToken: '0:1:abc' },
  { rewriteToken: `${generation}:1:` },
  { rewriteToken: `${generation}:2:abc` },
  { rewriteToken: `${generation}:9:abc` },
])('reads none from %j', (attributes: Record<string, string>) => {
  expect(progressOfAttributes(attributes)).toBeUndefined();
});
