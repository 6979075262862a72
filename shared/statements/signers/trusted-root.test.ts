import { parseTrustedRoot } from './trusted-root';

const certChain = { certificates: [{ rawBytes: 'AAAA' }] };
const log = (start: string, end?: string) => ({
  baseUrl: 'https://log.example',
  publicKey: { rawBytes: 'AAAA', validFor: { start, end } },
  logId: { keyId: 'AAAA' },
});
const authority = (start: string, end?: string) => ({
  certChain,
  validFor: { start, end },
});
const root = (changed: object = {}) =>
  JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log('2021-01-12T11:53:27Z')],
    certificateAuthorities: [authority('2022-04-13T20:06:15.000Z')],
    ...changed,
  });

describe('a trusted root', () => {
  it('returns its date', () => {
    const { json, newest, ends } = parseTrustedRoot(root());
    expect(newest).toEqual(new Date('2022-04-13T20:06:15Z'));
    expect(ends).toBeUndefined();
    expect(JSON.stringify(json)).toBe(root());
  });

  it('ends with the last of its authorities or the last of its logs', () => {
    const tlogs = [
      log('2021-01-01T00:00:00Z', '2023-01-01T00:00:00Z'),
      log('2023-01-01T00:00:00Z', '2025-01-01T00:00:00Z'),
    ];
    expect(parseTrustedRoot(root({ tlogs })).ends).toEqual(new Date('2025-01-01T00:00:00Z'));
    const certificateAuthorities = [authority('2021-01-01T00:00:00Z', '2024-01-01T00:00:00Z')];
    expect(parseTrustedRoot(root({ tlogs, certificateAuthorities })).ends).toEqual(
      new Date('2024-01-01T00:00:00Z'),
    );
    const timestampAuthorities = [authority('2021-01-01T00:00:00Z', '2022-01-01T00:00:00Z')];
    expect(parseTrustedRoot(root({ tlogs, timestampAuthorities })).ends).toEqual(
      new Date('2025-01-01T00:00:00Z'),
    );
    expect(parseTrustedRoot(root({ tlogs: [], timestampAuthorities })).ends).toEqual(
      new Date('2022-01-01T00:00:00Z'),
    );
    const lasting = [...tlogs, log('2024-01-01T00:00:00Z')];
    expect(parseTrustedRoot(root({ tlogs: lasting })).ends).toBeUndefined();
  });

  it.each([
    ['{', 'is no JSON'],
    ['{"a":1}\n{', 'is no JSON'],
    [`${root()}\n${root()}\n`, 'holds 2 trusted roots, one a line'],
    ['[]', 'is no trusted root'],
    ['{"mediaType":"application/json"}', 'is no trusted root of Sigstore (mediaType: '],
    [root({ certificateAuthorities: [] }), 'certificateAuthorities: '],
    [root({ tlogs: [] }), 'has neither a transparency log nor a timestamp authority'],
    [root({ tlogs: [log('yesterday')] }), 'tlogs.0.publicKey.validFor.start: '],
  ])('is refused: %#', (text, problem) => {
    expect(() => parseTrustedRoot(text)).toThrow(problem);
  });
});
