import type { Reason } from '../shared/delivery/failures';

const SIGN_IN = '"gcloud auth application-default login" for Google’s, "docker login" for others';
const AGAIN = 'Run it again; if it lasts,';

/**
 * The remedies that differ at a terminal, where nothing is retried automatically and the credentials are the user's. The
 * failure table has the remedies for the functions.
 */
const AT_TERMINAL: Partial<Record<Reason, string>> = {
  'source-denied': `Sign in with an account that may read the source (${SIGN_IN}), or correct its name; behind a perimeter, check its policies. To check the functions' access, run "relay doctor".`,
  'target-denied': `Sign in with an account that may use the target (${SIGN_IN}), or correct its name; behind a perimeter, check its policies. To check the functions' access, run "relay doctor".`,
  'source-refused':
    'The source registry rejects the request as invalid. See the error, and correct the cause.',
  'target-refused':
    'The target registry rejects this content. See the error for the reason (size limit, media type, repository format, bucket retention policy), and correct it there.',
  'tag-conflict':
    'The target holds this tag with another digest, and the tag is immutable: use another tag, or delete the tag at the target.',
  'malformed-answer':
    'The registry returned a success status with an invalid body. Check for a proxy or login page, and the address.',
  'address-refused':
    'A registry pointed at a private address or an unusable URL. See the error. Another port counts as another server. If this is intended, name the registry by that address, or a plain HTTP server with its port in PLAIN_HTTP_HOSTS. Otherwise check for a proxy in front of the registry.',
  'too-slow': `${AGAIN} copy from a machine that is nearer to the registries.`,
  'no-credentials': `Sign in to the registry: ${SIGN_IN} (or DOCKER_CONFIG).`,
  network:
    'Check the name, DNS, the egress of this network, and that the registry runs; then run it again.',
  'registry-unavailable': `${AGAIN} see the status page of the registry.`,
  'rate-limited': `${AGAIN} lower --rate or --concurrency, or raise the quota of the registry.`,
  'corrupt-transfer': `${AGAIN} the blob at the source is damaged: push the image again.`,
  'content-unknown': `${AGAIN} the target loses content that it confirmed: ask its operator.`,
  'source-moving': 'Run it again: the source tag kept moving during the copy.',
  deadline: 'Run it again.',
  'publish-failed': `${AGAIN} use an account with roles/pubsub.publisher on the topic.`,
};

/** Returns the remedy for a failure at a terminal; `usual` is the remedy in the failure table. */
export function remedyAtTerminal(reason: Reason, usual: string): string {
  return AT_TERMINAL[reason] ?? usual;
}
