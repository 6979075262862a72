import { errorListReply } from '../../../local/servers/registry/errors';
import type { Answer } from '../network/fate';

/** What a registry answers that does not do what it is asked for. */
export function refusal(...[status, problems]: Parameters<typeof errorListReply>): Answer {
  const body = errorListReply(status, problems).body as Buffer;
  return { status, headers: { 'content-type': 'application/json' }, body };
}
