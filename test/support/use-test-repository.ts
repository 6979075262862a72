import type { Image } from '../../local/images/content';
import { push } from '../../local/images/push';
import type { TestRegistry } from '../../local/servers/registry/test-client';
import type { Repository } from '../../shared/oci/repository';
import { useTestRegistry } from './use-test-registry';

export interface TestRepository {
  readonly registry: TestRegistry;
  readonly repository: Repository;
  /** `127.0.0.1:5000/a/b`. */
  readonly name: string;
  /** Pushes them; no requests are counted before. */
  readonly publish: (...images: readonly Image[]) => Promise<void>;
}

/** Gives each test of a file, passed to `onTest`, a repository of its own with these images. */
export function useTestRepository(
  images: readonly Image[],
  onTest: (given: TestRepository) => void,
): void {
  let registry: TestRegistry;
  let tests = 0;
  const { open } = useTestRegistry((started) => {
    registry = started;
  });
  beforeEach(async () => {
    const at = { registry: registry.address, repository: `acme/api-${++tests}` };
    const publish: TestRepository['publish'] = async (...others) => {
      for (const one of others) await push(one, at);
      registry.requests.reset();
    };
    await publish(...images);
    const name = `${at.registry}/${at.repository}`;
    onTest({ registry, name, publish, ...open({ repository: at.repository }) });
  });
}
