import { createHash } from 'node:crypto';
import type { Kind } from '../kinds';
import { forget } from '../policies';
import { accountsDomain, projectIn, projectNumber } from '../world';

const numberOf = (name: string): string =>
  createHash('sha256').update(name).digest().readBigUInt64BE().toString();

export const accounts: Readonly<Record<string, Kind>> = {
  'iam.projects.serviceAccounts': {
    newId: (_account, { name, body }) =>
      `${body['accountId'] as string}@${accountsDomain(projectIn(name)!)}`,
    fill: (_account, name) => {
      const email = name.split('/').at(-1)!;
      return {
        name: name.replace('//iam.googleapis.com/', ''),
        projectId: projectIn(name)!,
        uniqueId: numberOf(name),
        oauth2ClientId: numberOf(name),
        email,
      };
    },
    deleted: (account, world) =>
      forget(world, account['email'] as string, account['uniqueId'] as string),
  },
  'logging.projects.sinks': {
    fill: (_sink, name, { query }) => ({
      writerIdentity:
        query.get('uniqueWriterIdentity') === 'true'
          ? `serviceAccount:service-${projectNumber(projectIn(name)!)}@gcp-sa-logging.iam.gserviceaccount.com`
          : 'serviceAccount:cloud-logs@system.gserviceaccount.com',
    }),
    created: (sink, world) => {
      world.agents.add((sink['writerIdentity'] as string).replace('serviceAccount:', ''));
    },
  },
};
