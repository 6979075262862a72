import * as z from 'zod';
import { dropBody } from '../oci/http/bodies';
import type { Connection, RegistryClient } from '../oci/client';
import { readAnswer } from './google-api';

export interface LogSink {
  /** `pubsub.googleapis.com/projects/P/topics/T` */
  readonly destination: string;
  readonly disabled: boolean;
}

/** The log of a project and its sinks. The methods throw {@link RegistryError} and {@link NetworkError}. */
export interface ProjectLog {
  /** projects.sinks.get (https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks). Undefined: none has that name. */
  readSink(name: string): Promise<LogSink | undefined>;
  /**
   * Whether the project itself has writes of data logged for a service: the `auditConfigs` of its policy
   * (https://cloud.google.com/logging/docs/audit/configure-data-access). A folder or the organization may, too.
   */
  logsWrites(service: string): Promise<boolean>;
}

const Sink = z.object({ destination: z.string(), disabled: z.boolean().default(false) });
const Policy = z.object({
  auditConfigs: z
    .array(
      z.object({
        service: z.string(),
        auditLogConfigs: z.array(z.object({ logType: z.string().default('') })).default([]),
      }),
    )
    .default([]),
});

/** No request is sent. */
export function openProjectLog(
  { connect }: Pick<RegistryClient, 'connect'>,
  project: string,
): ProjectLog {
  const connectTo = (registry: string): Connection =>
    connect({ registry, repository: project }, { access: 'pull' });
  return {
    readSink(name) {
      const { exchange, origin } = connectTo('logging.googleapis.com');
      const url = new URL(`/v2/projects/${project}/sinks/${encodeURIComponent(name)}`, origin);
      return exchange({ method: 'GET', url, accept: [200, 404] }, async (response) => {
        if (response.status === 200) return readAnswer(response, Sink);
        await dropBody(response);
        return undefined;
      });
    },
    async logsWrites(service) {
      const { exchange, origin } = connectTo('cloudresourcemanager.googleapis.com');
      const call = {
        method: 'POST',
        url: new URL(`/v1/projects/${project}:getIamPolicy`, origin),
        accept: [200],
        headers: { 'content-type': 'application/json' },
        body: Buffer.from('{}'),
      } as const;
      const { auditConfigs } = await exchange(call, (response) => readAnswer(response, Policy));
      return auditConfigs.some(
        (config) =>
          [service, 'allServices'].includes(config.service) &&
          config.auditLogConfigs.some(({ logType }) => logType === 'DATA_WRITE'),
      );
    },
  };
}
