import { createPublisher } from '../../shared/jobs/publisher';
import { system } from '../../shared/system/system';
import { openLog } from '../log';
import { openRegistries } from '../registries';
import { parseConfig } from './config';
import { createFunction } from './function';

const config = parseConfig(process.env);

/** Executes one copy job. */
export const copyArtifact = createFunction({
  ...system,
  config,
  registries: openRegistries(config, system),
  publish: createPublisher().publish,
  logFor: openLog(config, system.clock),
});
