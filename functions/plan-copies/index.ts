import { createArtifactRegistry } from '../../shared/google/artifact-registry';
import { createPublisher } from '../../shared/jobs/publisher';
import { system } from '../../shared/system/system';
import { openLog } from '../log';
import { parseConfig } from './config';
import { createFunction } from './function';

const config = parseConfig(process.env);
const { ARTIFACT_REGISTRY_EMULATOR_HOST: emulator } = config;

/** Publishes the copy jobs of one event. */
export const planCopies = createFunction({
  ...system,
  config,
  openRegistries: async () => (await import('../registries.js')).openRegistries(config, system),
  artifactRegistry: createArtifactRegistry(emulator === undefined ? {} : { emulator }),
  publish: createPublisher().publish,
  logFor: openLog(config, system.clock),
});
