import { createArtifactRegistry, type ArtifactRegistry } from '../shared/google/artifact-registry';
import { createGoogleTokens } from '../shared/google/tokens';
import { systemClock } from '../shared/system/clock';
import type { Terminal } from './terminal';

/** Google's APIs, as ourselves or as a customer's account. */
export interface Google {
  readonly accessToken: (identity: string | undefined) => Promise<string>;
  /** Artifact Registry's API as a customer's account, or as our own. */
  readonly registryFor: (identity: string | undefined) => ArtifactRegistry;
  readonly close: () => Promise<void>;
}

export function openGoogle(env: Terminal['env']): Google {
  const emulator = env['ARTIFACT_REGISTRY_EMULATOR_HOST'];
  const tokens = createGoogleTokens({ clock: systemClock });
  const opened = new Map<string | undefined, ArtifactRegistry>();
  return {
    accessToken: (identity) => tokens.accessToken(identity),
    registryFor(identity) {
      const registry =
        opened.get(identity) ??
        createArtifactRegistry({
          ...(emulator !== undefined && { emulator }),
          ...(identity !== undefined && { accessToken: () => tokens.accessToken(identity) }),
        });
      opened.set(identity, registry);
      return registry;
    },
    async close() {
      for (const registry of opened.values()) await registry.close();
    },
  };
}
