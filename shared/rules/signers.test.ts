import { createSampleSigner } from '../../local/images/signing';
import { parsePublicKeys, type KeySigner, type Signer } from '../statements/signers/signer';
import { anyText, parseGlob } from '../text/glob';
import { describeSigner, notesOnSigners, signerNames, signersOf } from './signers';

const key: KeySigner = {
  kind: 'key',
  name: 'release',
  keys: parsePublicKeys(createSampleSigner('release').publicKey),
};

function keyless(newest: string, ends?: string): Signer {
  return {
    kind: 'keyless',
    name: 'ci',
    issuer: 'https://ci.example',
    identity: parseGlob('https://ci.example/*', anyText),
    trustedRoot: {
      json: { root: newest },
      newest: new Date(newest),
      ends: ends === undefined ? undefined : new Date(ends),
    },
  };
}

const ci = keyless('2026-01-01T00:00:00Z');

it('signers are found by name, each once, and those that are wrong not at all', () => {
  const signers = new Map<string, Signer | undefined>([
    ['release', key],
    ['ci', ci],
    ['wrong', undefined],
  ]);
  expect(signersOf(['ci', 'release', 'ci', 'wrong', 'nobody'], signers)).toEqual([ci, key]);
  expect(signersOf([], signers)).toStrictEqual([]);
});

describe('the names of signers in a rule', () => {
  it.each<[unknown, object[]]>([
    [
      { require: [{ by: ['a'] }, { by: ['b', 'a'], statement: 3 }], override: ['c'] },
      [
        { name: 'a', at: ['require', 0, 'by', 0] },
        { name: 'b', at: ['require', 1, 'by', 0] },
        { name: 'a', at: ['require', 1, 'by', 1] },
        { name: 'c', at: ['override', 0] },
      ],
    ],
    [
      { require: [{ by: 'a' }, 'x', { by: [3, 'b'] }], override: 'c' },
      [{ name: 'b', at: ['require', 2, 'by', 1] }],
    ],
    [{ require: 'a', override: [null, 'c'] }, [{ name: 'c', at: ['override', 1] }]],
    [{ override: ['c'] }, [{ name: 'c', at: ['override', 0] }]],
    [{ require: [{}] }, []],
    [{}, []],
    ['text', []],
    [null, []],
  ])('are read, whatever else it says: %j', (written, expected) => {
    expect(signerNames(written)).toEqual(expected);
  });
});

it('describes a signer by what identifies its signatures', () => {
  expect(describeSigner(key)).toEqual({
    name: 'release',
    keys: key.keys.map(({ fingerprint }) => fingerprint),
  });
  expect(describeSigner(ci)).toEqual({
    name: 'ci',
    issuer: 'https://ci.example',
    identity: 'https://ci.example/*',
    trustedRoot: { root: '2026-01-01T00:00:00Z' },
  });
});

describe('notes on signers', () => {
  const RENEW =
    'create a new one with `cosign trusted-root create` or `gh attestation trusted-root`';
  const NOTHING_SINCE = (day: string) =>
    `signer "ci" has a trusted root that expired on ${day}: no newer signature counts; ${RENEW}`;
  const OLD_SINCE = (day: string) =>
    `signer "ci" has an old trusted root: its newest entry is of ${day}, so later authorities and logs are unknown; ${RENEW}`;

  it.each<[string, string | undefined, string, string[]]>([
    ['2026-01-01T00:00:00Z', undefined, '2026-11-27T00:00:00Z', []],
    ['2026-01-01T00:00:00Z', undefined, '2027-01-01T00:00:00Z', []],
    ['2026-01-01T00:00:00Z', undefined, '2027-01-01T00:00:00.001Z', [OLD_SINCE('2026-01-01')]],
    ['2026-01-01T00:00:00Z', '2026-12-01T12:00:00Z', '2026-12-01T11:59:59Z', []],
    [
      '2026-01-01T00:00:00Z',
      '2026-12-01T12:00:00Z',
      '2026-12-01T12:00:00Z',
      [NOTHING_SINCE('2026-12-01')],
    ],
    [
      '2020-01-01T00:00:00Z',
      '2026-12-01T12:00:00Z',
      '2026-12-02T00:00:00Z',
      [NOTHING_SINCE('2026-12-01')],
    ],
    [
      '2020-01-01T00:00:00Z',
      '2030-01-01T00:00:00Z',
      '2026-12-02T00:00:00Z',
      [OLD_SINCE('2020-01-01')],
    ],
  ])('whose newest root began %s and ends %s, at %s', (newest, ends, now, expected) => {
    expect(notesOnSigners([key, keyless(newest, ends)], new Date(now))).toEqual(expected);
  });
});
