import type { Mutant } from './mutant';

/** What becomes of a delivery that fails. */
export const DELIVERY: readonly Mutant[] = [
  {
    name: 'an event that cannot be planned yet is refused where all events come',
    breaks: 'slowed',
    snippet: '    queues: { retry: config.PLAN_RETRIES_TOPIC },\n',
    replacement: '',
  },
  {
    name: 'an event that waits grows no older',
    breaks: 'dead-letters',
    snippet:
      'const isNew = clock.now() - historyOf(message).since.getTime() < graceSeconds * 1000;',
    replacement: 'const isNew = graceSeconds > 0;',
  },
  {
    name: 'the retry queue is never recognised',
    breaks: 'endless',
    snippet: 'return [queues.retry, undefined].includes(topic) && !isFirstReport;',
    replacement: 'return false;',
  },
  {
    name: 'a job that is tried again loses its age',
    breaks: 'history',
    snippet: '      since: since.toISOString(),\n',
    replacement: '',
  },
  {
    name: 'what is gone for a moment is withdrawn at once',
    breaks: 'missing',
    snippet: "ends: 'withdrawn',\n    graces: 1,",
    replacement: "ends: 'withdrawn',\n    graces: 0,",
  },
  {
    name: 'a dead letter or a retry is acknowledged although its publish failed',
    breaks: 'dead-letters',
    snippet: '    refuse(what, cause);\n  }\n}',
    replacement: '  }\n}',
  },
  {
    name: 'a job that waits for the retry queue is not published there',
    breaks: 'missing',
    snippet: 'if (!isRefused) await publish(context, queues.retry, republish(message, history));',
    replacement: '',
  },
  {
    name: 'access that is refused is given up at once',
    breaks: 'dead-letters',
    snippet: "'target-denied': {\n    ends: 'dead-letter',\n    graces: 4,",
    replacement: "'target-denied': {\n    ends: 'dead-letter',\n    graces: 0,",
  },
  {
    name: 'access that is refused is never given up',
    breaks: 'dead-letters',
    snippet: "'target-denied': {\n    ends: 'dead-letter',",
    replacement: "'target-denied': {\n    ends: 'never',",
  },
  {
    name: 'a rule that is not deployed yet is given up at once',
    breaks: 'dead-letters',
    snippet: "'rule-not-allowed': {\n    ends: 'dead-letter',\n    graces: 1,",
    replacement: "'rule-not-allowed': {\n    ends: 'dead-letter',\n    graces: 0,",
  },
  {
    name: 'nonsense comes again and again',
    breaks: 'dead-letters',
    snippet: "'invalid-message': {\n    ends: 'dead-letter',",
    replacement: "'invalid-message': {\n    ends: 'never',",
  },
  {
    name: 'a registry that is down for a moment is given up',
    breaks: 'dead-letters',
    snippet: "'registry-unavailable': {\n    ends: 'never',",
    replacement: "'registry-unavailable': {\n    ends: 'dead-letter',",
  },
  {
    name: 'a broken connection is given up',
    breaks: 'dead-letters',
    snippet: "network: {\n    ends: 'never',",
    replacement: "network: {\n    ends: 'dead-letter',",
  },
  {
    name: 'what is refused as immutable comes again and again',
    breaks: 'dead-letters',
    snippet: "'tag-conflict': {\n    ends: 'dead-letter',",
    replacement: "'tag-conflict': {\n    ends: 'never',",
  },
  {
    name: 'a dead letter names another message',
    breaks: 'dead-letters',
    snippet: '    data: message.data,\n    attributes: Object.fromEntries(\n      [...theirs',
    replacement:
      '    data: message.data.subarray(1),\n    attributes: Object.fromEntries(\n      [...theirs',
  },
  {
    name: 'a continuation forgets how many there were',
    breaks: 'endless',
    snippet: 'const next = { ...history, continued: history.continued + 1, stalled: 0 };',
    replacement: 'const next = { ...history, continued: 0, stalled: 0 };',
  },
  {
    name: 'a blob that never fits is tried for ever',
    breaks: 'endless',
    snippet: 'const next = { ...history, stalled: history.stalled + 1 };',
    replacement: 'const next = { ...history, stalled: 0 };',
  },
  {
    name: 'a tag that was written without a clear answer is believed at once',
    breaks: 'old',
    snippet: 'isSettled: !hasUnconfirmedWrite && begun - since >= graceSeconds * 1000,',
    replacement: 'isSettled: true,',
  },
  {
    name: 'jobs hardly ever grow older',
    breaks: 'dead-letters',
    snippet: 'return (clock.now() - since.getTime()) / 1000;',
    replacement: 'return (clock.now() - since.getTime()) / 1e6;',
  },
  {
    name: 'jobs are a thousand times as old',
    breaks: 'dead-letters',
    snippet: 'return (clock.now() - since.getTime()) / 1000;',
    replacement: 'return clock.now() - since.getTime();',
  },
];
