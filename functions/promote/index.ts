import { createArtifactRegistry } from '../../shared/google/artifact-registry';
import { createPublisher } from '../../shared/jobs/publisher';
import { system } from '../../shared/system/system';
import { openLog } from '../log';
import { openRegistries } from '../registries';
import { parseConfig } from './config';
import { createFunction } from './function';

const config = parseConfig(process.env);
const { ARTIFACT_REGISTRY_EMULATOR_HOST: emulator } = config;

/** Lets releases pass from one stage to the next. */
export const promote = createFunction({
  ...system,
  config,
  registries: openRegistries(config, system),
  artifactRegistry: createArtifactRegistry(emulator === undefined ? {} : { emulator }),
  publish: createPublisher().publish,
  logFor: openLog(config, system.clock),
});
