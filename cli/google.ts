import { createArtifactRegistry, type ArtifactRegistry } from '../shared/google/artifact-registry';
import { createGoogleTokens } from '../shared/google/tokens';
import { createPublisher, openPubSub } from '../shared/jobs/publisher';
import { systemClock } from '../shared/system/clock';
import type { Terminal } from './terminal';
import { showCalls } from './verbose';

/** Google's APIs, as ourselves or as a customer's account. */
export interface Google {
  readonly accessToken: (identity: string | undefined) => Promise<string>;
  /** Artifact Registry's API as a customer's account, or as our own. */
  readonly registryFor: (identity: string | undefined) => ArtifactRegistry;
  readonly close: () => Promise<void>;
}

export function openGoogle(terminal: Pick<Terminal, 'env' | 'stderr'>): Google {
  const emulator = terminal.env['ARTIFACT_REGISTRY_EMULATOR_HOST'];
  const clientOptions = showCalls(terminal);
  const tokens = createGoogleTokens({ clock: systemClock });
  const opened = new Map<string | undefined, ArtifactRegistry>();
  return {
    accessToken: (identity) => tokens.accessToken(identity),
    registryFor(identity) {
      const registry =
        opened.get(identity) ??
        createArtifactRegistry({
          clientOptions,
          emulator,
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

/** Publishes copy jobs; is to be closed. */
export function openPublisher(terminal: Pick<Terminal, 'env' | 'stderr'>) {
  const clientOptions = showCalls(terminal);
  return createPublisher((projectId) => openPubSub(projectId, clientOptions));
}
