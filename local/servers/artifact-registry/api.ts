import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/** A list request of `google.devtools.artifactregistry.v1`, as it was decoded. */
export interface ListRequest {
  readonly parent: string;
  /** 0: as many as the server likes. */
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface GetRequest {
  readonly name: string;
}

/** `google.iam.v1.TestIamPermissionsRequest` */
export interface PermissionsRequest {
  readonly resource: string;
  readonly permissions: readonly string[];
}

type Definitions = Parameters<typeof fromJSON>[0];

/** The service, read from the definitions inside Google's own client, which is not bundled. */
export function loadArtifactRegistryService(): ServiceDefinition {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- large, and only a starting server reads it
  const json = require('@google-cloud/artifact-registry/build/protos/protos.json') as Definitions;
  const api = fromJSON(json, { longs: String, enums: String, defaults: true, oneofs: true });
  return api['google.devtools.artifactregistry.v1.ArtifactRegistry'] as ServiceDefinition;
}
