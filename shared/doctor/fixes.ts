import type { ArtifactRegistryName } from '../google/artifact-registry-name';

/** What to do, in the words of the tools that do it: sentences, then commands on lines of their own. */

/** Grants a role on an Artifact Registry repository. */
export function grantOnRepository(
  { parent }: ArtifactRegistryName,
  role: 'reader' | 'writer',
  member: string,
): string {
  return [
    `gcloud artifacts repositories add-iam-policy-binding ${flagsOf(parent)}`,
    `--member=${member}`,
    `--role=roles/artifactregistry.${role}`,
  ].join(' \\\n  ');
}

/** Grants a role on a bucket. */
export function grantOnBucket(
  bucket: string,
  role: 'objectViewer' | 'objectUser',
  member: string,
): string {
  return [
    `gcloud storage buckets add-iam-policy-binding gs://${bucket}`,
    `--member=${member}`,
    `--role=roles/storage.${role}`,
  ].join(' \\\n  ');
}

export function createRepository({ parent }: ArtifactRegistryName): string {
  return `gcloud artifacts repositories create ${flagsOf(parent)} \\\n  --repository-format=docker`;
}

/** Lets `member` act as a service account. */
export function grantImpersonation(account: string, member: string): string {
  return [
    `gcloud iam service-accounts add-iam-policy-binding ${account}`,
    `--member=${member}`,
    '--role=roles/iam.serviceAccountTokenCreator',
  ].join(' \\\n  ');
}

/** Grants a role on a topic or subscription named in full. */
export function grantOnPubSub(fullName: string, role: string, member: string): string {
  const [, project, kind, name] = fullName.split('/');
  return [
    `gcloud pubsub ${kind} add-iam-policy-binding ${name} --project=${project}`,
    `--member=${member}`,
    `--role=${role}`,
  ].join(' \\\n  ');
}

/** Lets `member` sign with a key in Cloud KMS, `gcpkms://projects/…`, and read its public half. */
export function grantOnKey(name: string, member: string): string {
  const [, , , project, , location, , ring, , key] = name.split('/');
  return ['signer', 'publicKeyViewer']
    .map((role) =>
      [
        `gcloud kms keys add-iam-policy-binding ${key}`,
        `--project=${project} --location=${location} --keyring=${ring}`,
        `--member=${member}`,
        `--role=roles/cloudkms.${role}`,
      ].join(' \\\n  '),
    )
    .join('\n');
}

export function perimeterFix(denialId: string): string {
  return [
    'Let the call through: on our side the egress policies that the Terraform variable `perimeter` makes, on the customer’s the ingress policies of `perimeter` in infra/modules/target; changes take up to 30 minutes. The log of the denied project names the policy:',
    `gcloud logging read 'protoPayload.metadata.vpcServiceControlsUniqueId="${denialId}"' --project=DENIED_PROJECT`,
  ].join('\n');
}

function flagsOf(parent: string): string {
  const [, project, , location, , repository] = parent.split('/');
  return `${repository} \\\n  --project=${project} --location=${location}`;
}
