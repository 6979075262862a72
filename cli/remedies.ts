import type { Reason } from '../shared/delivery/failures';

const SIGN_IN = '"gcloud auth application-default login" for Google’s, "docker login" for others';
const AGAIN = 'Run it again; if it lasts,';

/**
 * What to do about a failure at a terminal, where nothing is tried again by itself and the credentials are the person's
 * own. The failure table says what to do when it is a function that fails.
 */
const AT_TERMINAL: Partial<Record<Reason, string>> = {
  'source-denied': `Sign in with an account that may read the source (${SIGN_IN}), or correct its name; behind a perimeter, its policies decide. What the functions may do, "relay doctor" says.`,
  'target-denied': `Sign in with an account that may use the target (${SIGN_IN}), or correct its name; behind a perimeter, its policies decide. What the functions may do, "relay doctor" says.`,
  'source-refused':
    'The source registry refuses the request as wrong: see the error, and correct it.',
  'target-refused':
    'The target registry refuses this content: see the error for its reason (size limit, media type, format of the repository, retention policy of the bucket), and correct it there.',
  'tag-conflict':
    'The target holds this tag with another digest, and it may not move: take another tag, or delete the tag at the target.',
  'malformed-answer':
    'The registry returned a success status with an invalid body. Check for a proxy or login page, and the address.',
  'address-refused':
    'A registry pointed at a private address or an unusable URL: see the error. Another port is another server. If it is intended, name the registry by that address, or a plain HTTP server with its port in PLAIN_HTTP_HOSTS; else check what is in front of the registry.',
  'too-slow': `${AGAIN} copy from a machine that is nearer to the registries.`,
  'no-credentials': `Give credentials that the registry takes: ${SIGN_IN} (or DOCKER_CONFIG).`,
  network:
    'Check the name, DNS, the way out of this network and that the registry runs, then run it again.',
  'registry-unavailable': `${AGAIN} see the status page of the registry.`,
  'rate-limited': `${AGAIN} ask for less at a time (--rate, --concurrency) or raise the quota of the registry.`,
  'corrupt-transfer': `${AGAIN} the blob at the source is damaged: push the image again.`,
  'content-unknown': `${AGAIN} the target loses what it confirms: ask its operator.`,
  'source-moving': 'Run it again: the source tag moved again and again during the copy.',
  deadline: 'Run it again.',
  'publish-failed': `${AGAIN} take an account that has roles/pubsub.publisher on the topic.`,
};

/** What to do about a failure, for a person at a terminal; `usual` is what the failure table says. */
export function remedyAtTerminal(reason: Reason, usual: string): string {
  return AT_TERMINAL[reason] ?? usual;
}
