import { createHash, verify } from 'node:crypto';
import request from 'supertest';
import { crc32c } from '../../../shared/google/crc32c';
import { createKms, type Kms } from './kms';

const KEY = 'projects/vendor/locations/global/keyRings/relay/cryptoKeys/receipts';
const SAID = Buffer.from('said');
const digest = createHash('sha256').update(SAID).digest();
const asked = {
  digest: { sha256: digest.toString('base64') },
  digestCrc32c: String(crc32c(digest)),
};

let kms: Kms;
let version: string;
beforeEach(async () => {
  kms = await createKms({ tokens: ['mine'] });
  version = kms.createKey(KEY);
});
afterEach(() => kms.close());

async function send(body: object | string, token = 'mine') {
  const response = await request(`http://${kms.address}`)
    .post(`/v1/${version}:asymmetricSign`)
    .set({ authorization: `Bearer ${token}`, 'content-type': 'application/json' })
    .send(body);
  return { status: response.status, body: response.body as object };
}

it('signs digests, each time another way, and each that the public key verifies', async () => {
  const signatures = new Set<string>();
  for (let times = 0; times < 300; times += 1) {
    const { body } = (await send(asked)) as { body: { signature: string } };
    const signature = Buffer.from(body.signature, 'base64');
    expect(body).toEqual({
      signature: body.signature,
      signatureCrc32c: String(crc32c(signature)),
      verifiedDigestCrc32c: true,
      name: version,
      protectionLevel: 'SOFTWARE',
    });
    expect(verify('sha256', SAID, kms.publicKeyOf(version), signature)).toBe(true);
    signatures.add(body.signature);
  }
  expect(signatures.size).toBe(300);
});

it('says nothing of a checksum that it has not got', async () => {
  const { body } = await send({ digest: asked.digest });
  expect(body).not.toHaveProperty('verifiedDigestCrc32c');
});

it.each([
  ['another checksum', { ...asked, digestCrc32c: '1' }, /checksum in field digest_crc32c/],
  ['another algorithm', { digest: { sha384: asked.digest.sha256 } }, /not that of EC_SIGN_P256/],
  ['half a digest', { digest: { sha256: 'AAAA' } }, /not that of/],
  ['a field that there is not', { ...asked, digest_: 1 }, /Invalid JSON payload/],
  ['no JSON', '{', /Invalid JSON payload/],
])('refuses %s', async (_, body, message) => {
  const { status, body: answer } = await send(body);
  expect({ status, answer }).toMatchObject({
    status: 400,
    answer: {
      error: { status: 'INVALID_ARGUMENT', message: expect.stringMatching(message) as unknown },
    },
  });
});

it('refuses who does not say who it is, keys that there are not, and other methods', async () => {
  expect((await send(asked, 'another')).status).toBe(401);
  const get = (path: string) =>
    request(`http://${kms.address}`).get(path).set('authorization', 'Bearer mine');
  expect((await get(`/v1/${KEY}/cryptoKeyVersions/2/publicKey`)).status).toBe(404);
  expect((await get(`/v1/${KEY}`)).status).toBe(404);
});
