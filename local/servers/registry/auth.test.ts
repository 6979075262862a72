import { digestOf } from '../../../shared/oci/digest';
import type { AuthOptions } from './auth';
import { systemClock } from '../../../shared/system/clock';
import type { RegistryOptions } from './registry';
import { createTestRegistry, errorsOf, type TestRegistry } from './test-client';

let registry: TestRegistry;
afterEach(() => registry.close());

async function start(auth: AuthOptions, options: RegistryOptions = {}): Promise<void> {
  registry = await createTestRegistry({ auth, ...options });
}

const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const status = async (
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<number> => (await registry.call(method, path, { headers })).status;

const users = { ann: 's3cret:with colon' };

describe('basic', () => {
  it.each([
    { who: 'nobody', headers: {}, expected: 401 },
    { who: 'a wrong password', headers: basic('ann', 'x'), expected: 401 },
    { who: 'another user', headers: basic('bob', users.ann), expected: 401 },
    { who: 'another scheme', headers: bearer('x'), expected: 401 },
    { who: 'the user', headers: basic('ann', users.ann), expected: 200 },
  ])('answers $who with $expected', async ({ headers, expected }) => {
    await start({ scheme: 'basic', users });
    expect(await status('GET', '/v2/', headers)).toBe(expected);
  });

  it('challenges, and has no token realm', async () => {
    await start({ scheme: 'basic', users });
    const response = await registry.call('GET', '/v2/a/b/tags/list');
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="registry"');
    expect(await errorsOf(response)).toMatchObject([{ code: 'UNAUTHORIZED' }]);
    expect(await status('GET', '/token')).toBe(405);
  });
});

describe('google', () => {
  it('takes the given tokens alone, and forgets one that is taken away', async () => {
    const tokens = ['ya29.first', 'ya29.second'];
    await start({ scheme: 'google', tokens });
    expect(await status('GET', '/v2/', bearer('ya29.second'))).toBe(200);
    expect(await status('GET', '/v2/', basic('oauth2accesstoken', 'ya29.second'))).toBe(401);
    tokens.pop();
    const response = await registry.call('GET', '/v2/', { headers: bearer('ya29.second') });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="${registry.origin}/v2/token",service="${registry.address}"`,
    );
  });
});

describe('bearer', () => {
  async function token(query: string, headers: Record<string, string> = {}): Promise<string> {
    const response = await registry.call('GET', `/token?${query}`, { headers });
    const body = (await response.json()) as { token: string; access_token: string };
    expect(body.access_token).toBe(body.token);
    return body.token;
  }

  it('challenges with the scope that the request needs', async () => {
    await start({ scheme: 'bearer', users });
    const realm = `Bearer realm="${registry.origin}/token",service="${registry.address}"`;
    const challenge = async (method: string, path: string): Promise<string | null> =>
      (await registry.call(method, path)).headers.get('www-authenticate');
    expect(await challenge('GET', '/v2/')).toBe(realm);
    expect(await challenge('GET', '/v2/a/b/tags/list')).toBe(
      `${realm},scope="repository:a/b:pull"`,
    );
    expect(await challenge('POST', '/v2/a/b/blobs/uploads/')).toBe(
      `${realm},scope="repository:a/b:pull,push"`,
    );
    expect(await challenge('DELETE', '/v2/a/b/manifests/v1')).toBe(
      `${realm},scope="repository:a/b:delete"`,
    );
  });

  it('gives tokens for what is asked for, and no more', async () => {
    await start({ scheme: 'bearer', users });
    const scopes = 'scope=repository:a/b:pull,push&scope=repository:a/c:pull%20repository:a/d:pull';
    const headers = bearer(await token(scopes, basic('ann', users.ann)));
    expect(await status('GET', '/v2/', headers)).toBe(200);
    expect(await status('POST', '/v2/a/b/blobs/uploads/', headers)).toBe(202);
    expect(await status('GET', '/v2/a/d/tags/list', headers)).toBe(404);
    const refused = await registry.call('POST', '/v2/a/c/blobs/uploads/', { headers });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
  });

  it('mounts only from what the token may read', async () => {
    await start({ scheme: 'bearer', users });
    const both = bearer(
      await token(
        'scope=repository:a/b:push&scope=repository:a/c:pull,push',
        basic('ann', users.ann),
      ),
    );
    const one = bearer(await token('scope=repository:a/b:push', basic('ann', users.ann)));
    const digest = digestOf(Buffer.from('x'));
    const post = { headers: both, body: 'x' };
    await registry.call('POST', `/v2/a/c/blobs/uploads/?digest=${digest}`, post);
    const mount = `/v2/a/b/blobs/uploads/?mount=${digest}&from=a/c`;
    const refused = await registry.call('POST', mount, { headers: one });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain(
      'scope="repository:a/b:pull,push repository:a/c:pull"',
    );
    expect(await status('POST', mount, both)).toBe(201);
  });

  it('ends a token when its time is over', async () => {
    let time = 1_000_000;
    const clock = { ...systemClock, now: () => time };
    await start({ scheme: 'bearer', users, expiresSeconds: 60 }, { clock });
    const headers = bearer(await token('scope=repository:a/b:pull', basic('ann', users.ann)));
    time += 59_000;
    expect(await status('GET', '/v2/', headers)).toBe(200);
    time += 1_000;
    const response = await registry.call('GET', '/v2/', { headers });
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it.each([
    { who: 'a wrong password', headers: basic('ann', 'x'), anonymousPull: true },
    { who: 'nobody', headers: {}, anonymousPull: false },
  ])('gives $who no token', async ({ headers, anonymousPull }) => {
    await start({ scheme: 'bearer', users, anonymousPull });
    expect(await status('GET', '/token?scope=repository:a/b:pull', headers)).toBe(401);
  });

  it('lets anonymous users pull if configured', async () => {
    await start({ scheme: 'bearer', users, anonymousPull: true });
    const headers = bearer(await token('scope=repository:a/b:pull,push'));
    expect(await status('GET', '/v2/a/b/tags/list', headers)).toBe(404);
    expect(await status('POST', '/v2/a/b/blobs/uploads/', headers)).toBe(401);
  });
});
