/**
 * Every way in which a delivery can fail: the reason code that logs, dead letters and the command line show, how the
 * failure ends, and what to do about it. docs/operations.md lists them (`npm run schema`).
 *
 * `ends`: `dead-letter` (acknowledged, kept with the reason), `withdrawn` (acknowledged: nothing is left to copy), `held`
 * (acknowledged: a requirement is not met), `waiting` (acknowledged: an earlier stage has not passed), `never` (retried until Pub/Sub's own limit). `graces`: after how many times GRACE_SECONDS
 * a job ends so; until then it is retried. IAM and VPC Service Controls changes take up to half an hour to spread, hence 4.
 */
export interface Failure {
  readonly ends: 'dead-letter' | 'withdrawn' | 'held' | 'waiting' | 'never';
  readonly graces: number;
  readonly remedy: string;
}

export const FAILURES = {
  'invalid-message': {
    ends: 'dead-letter',
    graces: 0,
    remedy: 'Correct the message and publish it again; docs/command-line.md shows a copy job.',
  },
  'not-allowed': {
    ends: 'dead-letter',
    graces: 0,
    remedy: 'Run "relay explain" to see why; change rules.yaml, deploy it, then republish.',
  },
  'rule-not-allowed': {
    ends: 'dead-letter',
    graces: 1,
    remedy:
      'The rule that the job names does not release this source to this target. Deploy the same rules.yaml to all functions, then republish.',
  },
  'source-gone': {
    ends: 'withdrawn',
    graces: 1,
    remedy: 'Push it again if it should be released; otherwise ignore.',
  },
  'images-missing': {
    ends: 'held',
    graces: 1,
    remedy:
      'Release the images that it names to this target. The next reconcile run then releases it; "relay republish" does so at once.',
  },
  unproven: {
    ends: 'held',
    graces: 1,
    remedy:
      'Sign or attest the digest; pushing the signature releases it. To inspect: "relay statements". To bypass: "relay override".',
  },
  'stage-not-passed': {
    ends: 'waiting',
    graces: 1,
    remedy:
      'Nothing to do: the release goes out when its earlier stage has passed. To see what it waits for: "relay statements". To bypass: "relay override --waive stage".',
  },
  halted: {
    ends: 'held',
    graces: 1,
    remedy:
      'A signer of "halts" in rules.yaml stopped the release of this digest. Push a repaired one, or lift the halt with "relay resume". To inspect: "relay statements".',
  },
  'halts-unreadable': {
    ends: 'held',
    graces: 1,
    remedy:
      'The source must list all halts and resumes of the digest. See the error: delete statements that are not yours, or use a registry with the referrers API. Then "relay republish".',
  },
  'source-denied': {
    ends: 'dead-letter',
    graces: 4,
    remedy:
      'Grant the copier roles/artifactregistry.reader on the source repository, or roles/storage.objectViewer on the source bucket (to the impersonated account, if there is one), or correct "source" in rules.yaml; behind a perimeter, check its egress and ingress rules. Then replay.',
  },
  'target-denied': {
    ends: 'dead-letter',
    graces: 4,
    remedy:
      'The customer grants the copier (or the account that it impersonates) roles/artifactregistry.writer on the target repository, or roles/storage.objectUser on the target bucket, which must exist; behind a perimeter, also an ingress rule. Then replay.',
  },
  uncopyable: {
    ends: 'dead-letter',
    graces: 0,
    remedy:
      'This cannot be copied under this rule. See the error; push it in another form or change the rule.',
  },
  'source-incomplete': {
    ends: 'dead-letter',
    graces: 1,
    remedy: 'The source lacks content that its own manifest names: push the image again.',
  },
  'source-refused': {
    ends: 'dead-letter',
    graces: 0,
    remedy:
      'The source registry rejects the request as invalid. See the error, correct the cause, then replay.',
  },
  'target-refused': {
    ends: 'dead-letter',
    graces: 0,
    remedy:
      'The target registry rejects this content. See the error for the reason (size limit, media type, repository format, bucket retention policy), correct it there, then replay.',
  },
  'tag-conflict': {
    ends: 'dead-letter',
    graces: 0,
    remedy:
      'The target holds this tag with another digest and tags are immutable: release under a new tag, or delete the tag at the target and replay.',
  },
  'malformed-answer': {
    ends: 'dead-letter',
    graces: 1,
    remedy:
      'The registry returned a success status with an invalid body. Check for a proxy or login page, and the address in rules.yaml; then replay.',
  },
  'address-refused': {
    ends: 'dead-letter',
    graces: 1,
    remedy:
      'A registry pointed at a private address or an unusable URL. See the error. Another port counts as another server. If this is intended, name the registry by that address in rules.yaml, or a plain HTTP server with its port in PLAIN_HTTP_HOSTS. Otherwise check for a proxy in front of the registry. Then replay.',
  },
  'too-slow': {
    ends: 'dead-letter',
    graces: 0,
    remedy:
      'A blob cannot finish in one attempt, or the copy made no lasting progress. Raise CPU or COPY_TIMEOUT_SECONDS, or split the layer; then replay.',
  },
  'no-credentials': {
    ends: 'never',
    graces: 0,
    remedy:
      'Retried automatically. Give the function a service account, and check the Docker config file that DOCKER_CONFIG names.',
  },
  network: {
    ends: 'never',
    graces: 0,
    remedy: 'Retried automatically. If it lasts, check DNS, egress and the state of the registry.',
  },
  'registry-unavailable': {
    ends: 'never',
    graces: 0,
    remedy: 'Retried automatically. If it lasts, see the status page of the registry.',
  },
  'rate-limited': {
    ends: 'never',
    graces: 0,
    remedy:
      'Retried automatically. If it lasts, raise the quota of the registry or lower max instances.',
  },
  'corrupt-transfer': {
    ends: 'never',
    graces: 0,
    remedy:
      'Retried automatically. If it lasts, the blob at the source is damaged: push the image again.',
  },
  'content-unknown': {
    ends: 'never',
    graces: 0,
    remedy:
      'Retried automatically. If it lasts, the target loses content that it confirmed: ask its operator.',
  },
  'source-moving': {
    ends: 'never',
    graces: 0,
    remedy: 'Retried automatically: the source tag kept moving during the copy.',
  },
  'subject-untagged': {
    ends: 'never',
    graces: 0,
    remedy:
      'Retried automatically until the event is older than GRACE_SECONDS: a statement was pushed before the tag of its subject.',
  },
  deadline: {
    ends: 'never',
    graces: 0,
    remedy:
      'Retried automatically. If it lasts, give the function more CPU or a longer COPY_TIMEOUT_SECONDS.',
  },
  'publish-failed': {
    ends: 'never',
    graces: 0,
    remedy:
      'Retried automatically. If it lasts, grant the function roles/pubsub.publisher on the topic.',
  },
  bug: {
    ends: 'never',
    graces: 0,
    remedy: 'Report it with this log line; a fixed deployment picks the message up again.',
  },
} as const satisfies Readonly<Record<string, Failure>>;

/** A reason code, as logs, dead letters and the command line show it. */
export type Reason = keyof typeof FAILURES;
