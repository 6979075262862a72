/** What happened to a package, as the audit log calls it. */
export interface AuditedCall {
  readonly method:
    | 'Kfp-UploadPackage'
    | 'google.devtools.artifactregistry.v1.ArtifactRegistry.CreateTag'
    | 'google.devtools.artifactregistry.v1.ArtifactRegistry.UpdateTag';
  /** `projects/P/locations/L/repositories/R` */
  readonly repository: string;
  /** The version that was uploaded, or the tag that was set. */
  readonly resource: string;
  readonly time: Date;
  /** Unique among all entries. */
  readonly id: string;
}

/** A data access entry of Cloud Audit Logs, as far as anybody reads it. */
export interface AuditLogEntry {
  readonly protoPayload: {
    readonly '@type': 'type.googleapis.com/google.cloud.audit.AuditLog';
    readonly status: object;
    readonly serviceName: 'artifactregistry.googleapis.com';
    readonly methodName: string;
    readonly resourceName: string;
    readonly authorizationInfo: readonly {
      readonly resource: string;
      readonly permission: string;
      readonly granted: boolean;
    }[];
  };
  readonly insertId: string;
  readonly resource: {
    readonly type: 'audited_resource';
    readonly labels: Readonly<Record<'project_id' | 'service' | 'method', string>>;
  };
  readonly timestamp: string;
  readonly severity: 'INFO';
  readonly logName: string;
  readonly receiveTimestamp: string;
}

const SERVICE = 'artifactregistry.googleapis.com';

/**
 * The entry (https://cloud.google.com/logging/docs/audit/understanding-audit-logs) that a log sink publishes. It names the
 * version and none of its tags: nothing that is documented says that there are any.
 */
export function auditLogEntry({
  id,
  method,
  repository,
  resource,
  time,
}: AuditedCall): AuditLogEntry {
  const project = repository.split('/')[1] ?? '';
  const isUpload = method === 'Kfp-UploadPackage';
  const permission = isUpload ? 'repositories.uploadArtifacts' : `tags.${verbOf(method)}`;
  return {
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      status: {},
      serviceName: SERVICE,
      methodName: method,
      resourceName: resource,
      authorizationInfo: [
        { resource: repository, permission: `artifactregistry.${permission}`, granted: true },
      ],
    },
    insertId: id,
    resource: {
      type: 'audited_resource',
      labels: { project_id: project, service: SERVICE, method },
    },
    timestamp: time.toISOString(),
    severity: 'INFO',
    logName: `projects/${project}/logs/cloudaudit.googleapis.com%2Fdata_access`,
    receiveTimestamp: time.toISOString(),
  };
}

function verbOf(method: string): 'create' | 'update' {
  return method.endsWith('CreateTag') ? 'create' : 'update';
}
