import { attributesOfProgress, progressOfAttributes } from './rewrite';

const generation = '1732486000000000';

it.each([1, 900, 901, 3000, 7200])('carries a token of %i characters in attributes', (length) => {
  const token = 'a:b\n'.repeat(length).slice(0, length);
  const progress = { generation, token, isRestarted: length > 900 };
  const attributes = attributesOfProgress(progress) ?? {};
  expect(Object.values(attributes).every((value) => value.length <= 1024)).toBe(true);
  expect(progressOfAttributes(attributes)).toEqual(progress);
});

it('is not misled by what a longer token has left behind', () => {
  const long = attributesOfProgress({ generation, token: 'x'.repeat(2000), isRestarted: true });
  const short = { generation, token: 'short', isRestarted: false };
  expect(progressOfAttributes({ ...long, ...attributesOfProgress(short) })).toEqual(short);
});

it('does not carry a token that does not fit', () => {
  const token = 'x'.repeat(7201);
  expect(attributesOfProgress({ generation, token, isRestarted: false })).toBeUndefined();
});

it.each([
  {},
  { rewriteToken: 'abc' },
  { rewriteToken: '0:0:1:abc' },
  { rewriteToken: `${generation}:1:abc` },
  { rewriteToken: `${generation}:2:1:abc` },
  { rewriteToken: `${generation}:0:1:` },
  { rewriteToken: `${generation}:0:2:abc` },
  { rewriteToken: `${generation}:0:9:abc` },
])('reads none from %j', (attributes: { readonly rewriteToken?: string }) => {
  expect(progressOfAttributes(attributes)).toBeUndefined();
});
