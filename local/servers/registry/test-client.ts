import { digestOf, type Digest } from '../../../shared/oci/digest';
import { image } from '../../images/image';
import { push } from '../../images/push';
import { createRegistry, type Registry, type RegistryOptions } from './registry';

/** The registry of a test, with the few requests that most tests begin with. */
export interface TestRegistry extends Registry {
  /** A path of the registry, or a whole URL; redirects are not followed. */
  readonly call: (method: string, url: string, init?: RequestInit) => Promise<Response>;
  /** POST and PUT. */
  readonly pushBlob: (repository: string, content: Uint8Array | string) => Promise<Digest>;
  /** Opens an upload session and gives its Location. */
  readonly startUpload: (repository: string) => Promise<string>;
  /** A small image under a tag; `seed` makes another one. */
  readonly pushImage: (repository: string, tag: string, seed?: string) => Promise<Digest>;
}

export async function createTestRegistry(options?: RegistryOptions): Promise<TestRegistry> {
  const registry = await createRegistry(options);
  const call: TestRegistry['call'] = (method, url, init) =>
    fetch(new URL(url, registry.origin), { method, redirect: 'manual', ...init });

  const startUpload: TestRegistry['startUpload'] = async (repository) => {
    const started = await call('POST', `/v2/${repository}/blobs/uploads/`);
    return String(started.headers.get('location'));
  };

  return {
    ...registry,
    call,
    startUpload,
    async pushBlob(repository, content) {
      const bytes = Buffer.from(content);
      const digest = digestOf(bytes);
      const location = await startUpload(repository);
      const put = await call('PUT', `${location}&digest=${digest}`, { body: bytes });
      if (put.status !== 201) throw new Error(`PUT of a blob: ${put.status} ${await put.text()}`);
      return digest;
    },
    async pushImage(repository, tag, seed = '') {
      const pushed = image({ tag, annotations: { seed } });
      await push(pushed, { registry: registry.address, repository });
      return pushed.root.digest;
    },
  };
}

/** The codes and details of the spec's error body. */
export async function errorsOf(
  response: Response,
): Promise<{ code: string; message: string; detail?: unknown }[]> {
  const { errors } = (await response.json()) as {
    errors: { code: string; message: string; detail?: unknown }[];
  };
  return errors;
}
