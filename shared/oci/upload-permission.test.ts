import { failureOf } from '../../test/support/open-repository';
import { useTestRegistry } from '../../test/support/use-test-registry';
import type { TestRegistry } from '../../local/servers/registry/test-client';
import { RegistryError } from './http/errors';

let registry: TestRegistry;
const { open } = useTestRegistry((made) => void (registry = made));

const mayUpload = () => open({ repository: 'a/b', access: 'push' }).repository.mayUpload();

const refuse = (status: number, code?: string) =>
  registry.faults.add({
    on: 'putBlob',
    times: Infinity,
    answer: { status, ...(code && { body: JSON.stringify({ errors: [{ code }] }) }) },
  });

it('asks whether it may push, and leaves nothing', async () => {
  expect(await mayUpload()).toBe(true);
  expect(registry.requests.counts()).toEqual({ putBlob: 1 });
  expect(await registry.repositories()).toStrictEqual([]);
});

it.each([
  [400, undefined, true],
  [416, undefined, true],
  [400, 'DIGEST_INVALID', true],
  [404, 'BLOB_UPLOAD_UNKNOWN', true],
  [404, 'BLOB_UPLOAD_INVALID', true],
  [404, 'NAME_UNKNOWN', undefined],
  [400, 'NAME_INVALID', undefined],
])('takes %d %s for %s', async (status, code, expected) => {
  refuse(status, code);
  expect(await mayUpload()).toBe(expected);
});

it.each([
  [401, 'UNAUTHORIZED'],
  [403, 'DENIED'],
  [400, 'DENIED'],
  [404, undefined],
  [405, 'UNSUPPORTED'],
])('fails with %d %s', async (status, code) => {
  refuse(status, code);
  const failure = await failureOf(mayUpload());
  expect(failure).toBeInstanceOf(RegistryError);
  expect(failure).toMatchObject({ status });
});
