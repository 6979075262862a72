import { createPublisher } from '../../shared/jobs/publisher';
import { system } from '../../shared/system/system';
import { openLog } from '../log';
import { parseConfig } from './config';
import { createFunction } from './function';

const config = parseConfig(process.env);

/** Publishes the copy jobs of one event. */
export const planCopies = createFunction({
  ...system,
  config,
  openRegistries: async () => (await import('./lookups.js')).openRegistries(config, system),
  publish: createPublisher().publish,
  logFor: openLog(config, system.clock),
});
