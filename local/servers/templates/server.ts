import { machine, type Machine } from '../machine';
import { openStorageFolder, run, type Running, type RunningOptions } from '../running';
import { createTemplateService, type ServiceOptions, type TemplateService } from './service';
import { openDiskTemplateStorage } from './storage/disk';

export type TemplateServerOptions = ServiceOptions & Partial<Machine> & RunningOptions;

/** A running registry of pipeline templates. */
export type TemplateServer = Omit<TemplateService, 'serve'> & Running;

/** Starts it. @throws {Error} when the port is in use or the storage folder cannot be written. */
export async function createTemplateServer(
  options: TemplateServerOptions = {},
): Promise<TemplateServer> {
  const stored = await openStorageFolder('templates-', options);
  const storage = await openDiskTemplateStorage(stored.folder);
  const { serve, ...service } = createTemplateService(storage, options, { ...machine, ...options });
  return { ...service, ...(await run(serve, options, stored)) };
}
