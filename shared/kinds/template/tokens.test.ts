import { pipeline, pushTemplate } from '../../../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../../../local/servers/templates/server';
import { createGoogleAuthenticator, type GoogleTokens } from '../../oci/auth/auth';
import type { Connection } from '../../oci/client';
import { emptyTraffic } from '../../oci/http/traffic';
import { digestOf } from '../../oci/digest';
import { createExchange } from '../../oci/exchange';
import { createPauses, createRetries } from '../../oci/http/retries';
import { createPools } from '../../oci/http/pools';
import { createSend } from '../../oci/http/transport';
import { parseTemplateName } from './package';
import { createTemplatePackage } from './open';
import { createJumpingClock } from '../../../test/support/jumping-clock';

const accepted: string[] = [];
const pools = createPools({ connectTimeoutMs: 1000 });
/** Further origins of the server. */
const elsewhere: string[] = [];
let server: TemplateServer;
beforeAll(async () => {
  server = await createTemplateServer({ tokens: accepted });
});
beforeEach(() => {
  accepted.length = 0;
  server.requests.reset();
});
afterAll(async () => {
  await pools.close();
  await server.close();
});

/** A package on loopback, asked as Google's hosts are. */
function openAsGoogle(googleTokens: GoogleTokens, identity?: string) {
  const repository = 'acme/vendor/train';
  const origin = new URL(server.origin);
  const ownOrigins = new Set([origin.origin, ...elsewhere]);
  const traffic = emptyTraffic();
  const steady = { clock: createJumpingClock(), random: () => 0.5 };
  const retries = createRetries(steady);
  const name = { registry: server.address, repository };
  const exchange = createExchange({
    ...steady,
    send: createSend(pools),
    authenticator: createGoogleAuthenticator(googleTokens),
    caller: {
      access: {
        ...name,
        origin,
        ownOrigins,
        access: 'push',
        ...(identity && { identity }),
      },
      traffic,
    },
    pause: { key: server.address, firstMs: 1 },
    pauses: createPauses(steady),
    answerTimeoutMs: 5000,
    idleTimeoutMs: 5000,
    retries,
  });
  const connection: Connection = { origin, exchange, retries };
  return createTemplatePackage(name, {
    name: { ...parseTemplateName(name), package: 'train' },
    content: connection,
    api: connection,
    traffic,
  });
}

/** Gives `stale` until it is refused, then `fresh`. */
function renewing(asked: unknown[] = []): GoogleTokens {
  let token = 'stale';
  return {
    accessToken(identity, rejected) {
      asked.push(identity);
      if (rejected === token) token = 'fresh';
      return Promise.resolve(token);
    },
  };
}

const bytes = pipeline('train', 'one');
const version = digestOf(bytes);

it('comes to both hosts with the access token of the identity', async () => {
  accepted.push('stale');
  const asked: unknown[] = [];
  const template = openAsGoogle(renewing(asked), 'release@acme.iam');
  await template.upload({ version, bytes }, ['v1']);
  expect(await template.readTag('v1')).toBe(version);
  expect(await template.download(version)).toEqual(bytes);
  expect(asked).toEqual(Array.from({ length: 3 }, () => 'release@acme.iam'));
  expect(server.requests.counts()).toEqual({ upload: 1, getTag: 1, download: 1 });
});

it.each([
  ['readTag', { getTag: 2 }],
  ['hasVersion', { getVersion: 2 }],
  ['download', { download: 2 }],
  ['upload', { upload: 2 }],
  ['createTag', { createTag: 2 }],
  ['moveTag', { updateTag: 2 }],
] as const)('%s renews a token that is refused, once', async (method, counts) => {
  accepted.push('fresh');
  await pushTemplate({ ...server, repository: 'acme/vendor', token: 'fresh' }, bytes, ['v1']);
  server.requests.reset();
  const template = openAsGoogle(renewing());
  const work = {
    readTag: () => template.readTag('v1'),
    hasVersion: () => template.hasVersion(version),
    download: () => template.download(version),
    upload: () => template.upload({ version, bytes }, []),
    createTag: () => template.createTag(`new-${method}`, version),
    moveTag: () => template.moveTag('v1', version),
  };
  await work[method]();
  expect(server.requests.counts()).toEqual(counts);
});

it('gives up on a token that is refused again, and does not quote it', async () => {
  accepted.push('another');
  const upload = openAsGoogle(renewing()).upload({ version, bytes }, []);
  await expect(upload).rejects.toMatchObject({ status: 401 });
  await expect(upload).rejects.not.toThrow(/stale|fresh/);
});

it('leaves the token behind where a download is elsewhere', async () => {
  accepted.push('stale');
  await pushTemplate({ ...server, repository: 'acme/vendor', token: 'stale' }, bytes);
  const redirect = (await server.openOrigin()) as `http${string}`;
  elsewhere.push(redirect);
  server.faults.add({ on: 'download', redirect });
  expect(await openAsGoogle(renewing()).download(version)).toEqual(bytes);
  expect(server.requests.of('download')[0]?.authorization).toBe('Bearer');
  expect(server.requests.of('redirectedDownload')).toHaveLength(1);
  expect(server.requests.of('redirectedDownload')[0]?.authorization).toBeUndefined();
});
