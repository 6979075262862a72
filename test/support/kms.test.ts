import { createHash, verify } from 'node:crypto';
import request from 'supertest';
import { createKms } from './kms';

it('signs every digest so that the public key verifies it', async () => {
  const kms = await createKms();
  const version = kms.createKey('projects/vendor/locations/global/keyRings/r/cryptoKeys/k');
  const key = kms.publicKeyOf(version);
  for (let times = 0; times < 100; times += 1) {
    const message = Buffer.from(String(times));
    const sha256 = createHash('sha256').update(message).digest('base64');
    const answer = await request(`http://${kms.address}`)
      .post(`/v1/${version}:asymmetricSign`)
      .send({ digest: { sha256 } });
    const { signature } = answer.body as { signature: string };
    expect(verify('sha256', message, key, Buffer.from(signature, 'base64'))).toBe(true);
  }
  await kms.close();
});
