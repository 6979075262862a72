import { parseChallenges } from './challenge';

const plain = (headers: string | string[] | undefined) =>
  parseChallenges(headers).map(({ scheme, parameters }) => [
    scheme,
    Object.fromEntries(parameters),
  ]);

it.each<[string, string | string[] | undefined, unknown[]]>([
  ['nothing', undefined, []],
  ['an empty header', '', []],
  ['one scheme', 'Basic', [['basic', {}]]],
  [
    'commas in quotes',
    'Bearer realm="https://r/token",service="r",scope="repository:x:pull,push"',
    [['bearer', { realm: 'https://r/token', service: 'r', scope: 'repository:x:pull,push' }]],
  ],
  [
    'several challenges in one header',
    'Basic realm="a, b", Bearer realm="https://r/t", error="x"',
    [
      ['basic', { realm: 'a, b' }],
      ['bearer', { realm: 'https://r/t', error: 'x' }],
    ],
  ],
  [
    'several headers',
    ['Negotiate', 'bearer REALM="https://r/t"'],
    [
      ['negotiate', {}],
      ['bearer', { realm: 'https://r/t' }],
    ],
  ],
  [
    'token68 before another challenge',
    'NTLM dGVzdA==, Basic realm=x',
    [
      ['ntlm', {}],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['token68 at the end', 'NTLM  dGVzdA==', [['ntlm', {}]]],
  ['token68 without padding', 'Negotiate dGVz', [['negotiate', {}]]],
  [
    'spaces and empty elements',
    ' , Bearer  realm = "https://r/t" ,, service = r ',
    [['bearer', { realm: 'https://r/t', service: 'r' }]],
  ],
  ['escaped quotes', 'Basic realm="a \\"b\\" \\\\c"', [['basic', { realm: 'a "b" \\c' }]]],
  [
    'a URL without quotes',
    'Bearer realm=https://r/t,service=r',
    [['bearer', { realm: 'https://r/t', service: 'r' }]],
  ],
  ['an open quote', 'Bearer realm="https://r/t', [['bearer', {}]]],
  ['a parameter without a scheme', 'realm="x", Basic', []],
  ['garbage after a challenge', 'Basic realm="x" (', [['basic', { realm: 'x' }]]],
  ['garbage after a scheme', 'Basic/x, Bearer', [['basic', {}]]],
])('reads %s', (_what, header, challenges) => {
  expect(plain(header)).toStrictEqual(challenges);
});
