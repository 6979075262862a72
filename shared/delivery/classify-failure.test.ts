import {
  CopyAbortedError,
  CopyError,
  HeldError,
  SourceGoneError,
  SourceMovingError,
  SubjectUntaggedError,
  TagConflictError,
  UncopyableError,
  type Side,
} from '../copying/errors';
import { InvalidMessageError } from '../events/envelope';
import { GoogleCredentialsError } from '../google/credentials-error';
import { JobRefusedError } from '../jobs/copy-job';
import { PublishError } from '../jobs/publisher';
import { digestOf } from '../oci/digest';
import {
  DockerConfigError,
  AddressRefusedError,
  DigestMismatchError,
  DigestNotKeptError,
  InvalidManifestError,
  NetworkError,
  RegistryError,
} from '../oci/http/errors';
import { InvalidReferenceError } from '../oci/reference';
import { parseArtifact } from '../kinds/references';
import { RewriteStoppedError } from '../kinds/object/rewrite';
import { FAILURES, type Reason } from './failures';
import {
  classifyFailure,
  classifyFailures,
  MAX_CONTINUATIONS,
  MAX_CHECKPOINTED_CONTINUATIONS,
  MAX_STALLS,
  type Classification,
} from './classify-failure';

const GRACE = 600;
const young = { seconds: 1, graceSeconds: GRACE, continued: 0, stalled: 0 };
const old = {
  seconds: 4 * GRACE,
  graceSeconds: GRACE,
  continued: MAX_CONTINUATIONS,
  stalled: MAX_STALLS,
};
const digest = digestOf(Buffer.from('x'));

function answer(side: Side, status: number, code = ''): CopyError {
  const entries = code === '' ? [] : [{ code, message: '', detail: '' }];
  const error = new RegistryError({
    method: 'PUT',
    url: 'https://r/',
    status,
    entries,
    detail: '',
  });
  return new CopyError({ operation: 'write', side, reference: 'r/a:1' }, error);
}

function refused(rule?: string): JobRefusedError {
  const source = parseArtifact('gcr.io/v/api:1');
  const job = { source, target: 'acme', repair: false, rule };
  return new JobRefusedError(job, 'no rule matches');
}

const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError');

/** Failure, reason, class for a fresh job, class for an old one. */
const cases: [string, unknown, Reason, Classification['class'], Classification['class']][] = [
  ['a broken message', new InvalidMessageError('x'), 'invalid-message', 'permanent', 'permanent'],
  ['a job that no rule allows', refused(), 'not-allowed', 'permanent', 'permanent'],
  [
    'a job of a rule that is not deployed',
    refused('new'),
    'rule-not-allowed',
    'transient',
    'permanent',
  ],
  ['a tag that is gone', new SourceGoneError('r/a:1'), 'source-gone', 'transient', 'withdrawn'],
  [
    'images to wait for',
    new HeldError('images-missing', 'x'),
    'images-missing',
    'transient',
    'held',
  ],
  ['a release that is not proven', new HeldError('unproven', 'x'), 'unproven', 'transient', 'held'],
  ['a halted release', new HeldError('halted', 'x'), 'halted', 'transient', 'held'],
  [
    'a release whose halts cannot be read',
    new HeldError('halts-unreadable', 'x'),
    'halts-unreadable',
    'transient',
    'held',
  ],
  [
    'a release whose earlier stage has not passed',
    new HeldError('stage-not-passed', 'x'),
    'stage-not-passed',
    'transient',
    'waiting',
  ],
  [
    'a statement without a tag',
    new SubjectUntaggedError('r/a@x'),
    'subject-untagged',
    'transient',
    'transient',
  ],
  [
    'a question that was not answered in time',
    new CopyError({ operation: 'see', side: 'target', reference: 'r/a:1' }, late),
    'deadline',
    'transient',
    'transient',
  ],
  [
    'a tag that moves',
    new SourceMovingError('r/a:1', 5),
    'source-moving',
    'transient',
    'transient',
  ],
  [
    'a tag conflict',
    new TagConflictError('r/a:1', digest, digest),
    'tag-conflict',
    'permanent',
    'permanent',
  ],
  [
    'an image without the platforms',
    new UncopyableError('r/a:1', 'x'),
    'uncopyable',
    'permanent',
    'permanent',
  ],
  [
    'a name that no registry takes',
    new InvalidReferenceError('r/a', 'x'),
    'uncopyable',
    'permanent',
    'permanent',
  ],
  [
    'a manifest that the target keeps by another digest',
    new DigestNotKeptError('it', digestOf(Buffer.from('x'), 'sha512'), digestOf(Buffer.from('x'))),
    'target-refused',
    'permanent',
    'permanent',
  ],
  ['a broken manifest', new InvalidManifestError('x'), 'uncopyable', 'permanent', 'permanent'],
  [
    'a manifest at the target that is none',
    new CopyError(
      { operation: 'look up', side: 'target', reference: 'r/a:1' },
      new InvalidManifestError('not a JSON object'),
    ),
    'malformed-answer',
    'transient',
    'permanent',
  ],
  ['200 with a web page', answer('target', 200), 'malformed-answer', 'transient', 'permanent'],
  ['202 without a Location', answer('target', 202), 'malformed-answer', 'transient', 'permanent'],
  ['half a manifest', answer('source', 200), 'malformed-answer', 'transient', 'permanent'],
  ['an address inside', new AddressRefusedError('x'), 'address-refused', 'transient', 'permanent'],
  [
    'an ended copy',
    new CopyAbortedError('r/a:1', 0, new Error('x')),
    'deadline',
    'transient',
    'transient',
  ],
  [
    'a broken connection',
    new NetworkError('GET', 'https://r/', new Error('x')),
    'network',
    'transient',
    'transient',
  ],
  [
    'wrong bytes',
    new DigestMismatchError('x', 'a', 'b'),
    'corrupt-transfer',
    'transient',
    'transient',
  ],
  [
    'a failed publish',
    new PublishError('t', 1, 1, 'x'),
    'publish-failed',
    'transient',
    'transient',
  ],
  ['no account', new GoogleCredentialsError('x'), 'no-credentials', 'transient', 'transient'],
  ['a bad Docker config', new DockerConfigError('x'), 'no-credentials', 'transient', 'transient'],
  ['429', answer('target', 429), 'rate-limited', 'transient', 'transient'],
  [
    '403 that means 429',
    answer('target', 403, 'TOOMANYREQUESTS'),
    'rate-limited',
    'transient',
    'transient',
  ],
  ['408', answer('source', 408), 'registry-unavailable', 'transient', 'transient'],
  ['503', answer('target', 503), 'registry-unavailable', 'transient', 'transient'],
  [
    'a lost upload session',
    answer('target', 404, 'BLOB_UPLOAD_UNKNOWN'),
    'registry-unavailable',
    'transient',
    'transient',
  ],
  [
    'content still unknown',
    answer('target', 400, 'MANIFEST_BLOB_UNKNOWN'),
    'content-unknown',
    'transient',
    'transient',
  ],
  [
    'a blob that the source lacks',
    answer('source', 404, 'BLOB_UNKNOWN'),
    'source-incomplete',
    'transient',
    'permanent',
  ],
  [
    'a digest refused',
    answer('target', 400, 'DIGEST_INVALID'),
    'corrupt-transfer',
    'transient',
    'transient',
  ],
  ['401 at the source', answer('source', 401), 'source-denied', 'transient', 'permanent'],
  ['403 at the target', answer('target', 403, 'DENIED'), 'target-denied', 'transient', 'permanent'],
  [
    '404 of a repository',
    answer('target', 404, 'NAME_UNKNOWN'),
    'target-denied',
    'transient',
    'permanent',
  ],
  [
    'what a bucket keeps',
    answer('target', 403, 'retentionPolicyNotMet'),
    'target-refused',
    'permanent',
    'permanent',
  ],
  [
    'what a bucket holds',
    answer('source', 403, 'objectUnderActiveHold'),
    'source-refused',
    'permanent',
    'permanent',
  ],
  ['409', answer('target', 409, 'CONFLICT'), 'registry-unavailable', 'transient', 'transient'],
  ['412', answer('target', 412), 'registry-unavailable', 'transient', 'transient'],
  ['413', answer('target', 413), 'target-refused', 'permanent', 'permanent'],
  [
    '413 that calls the size invalid',
    answer('target', 413, 'SIZE_INVALID'),
    'target-refused',
    'permanent',
    'permanent',
  ],
  [
    "a size that is not the content's",
    answer('target', 400, 'SIZE_INVALID'),
    'corrupt-transfer',
    'transient',
    'transient',
  ],
  [
    'a manifest that another names and the target lacks',
    answer('target', 404, 'MANIFEST_UNKNOWN'),
    'content-unknown',
    'transient',
    'transient',
  ],
  [
    'a manifest refused',
    answer('target', 400, 'MANIFEST_INVALID'),
    'target-refused',
    'permanent',
    'permanent',
  ],
  ['a request refused', answer('source', 405), 'source-refused', 'permanent', 'permanent'],
  [
    'an answer outside a copy',
    answer('source', 418).cause,
    'source-refused',
    'permanent',
    'permanent',
  ],
  ['a bug', new TypeError('x is not a function'), 'bug', 'transient', 'transient'],
  ['a bug that throws text', 'oh', 'bug', 'transient', 'transient'],
];

describe('classifyFailure', () => {
  it.each(cases)('%s', (_name, error, reason, fresh, aged) => {
    expect(classifyFailure(error, young)).toMatchObject({
      reason,
      class: fresh,
      bug: reason === 'bug',
    });
    expect(classifyFailure(error, old)).toMatchObject({ reason, class: aged });
  });

  it('waits one grace period for a missing source or an invalid response, and four for denied access', () => {
    const at = (seconds: number) => ({ ...young, seconds });
    expect(classifyFailure(new SourceGoneError('r/a:1'), at(GRACE - 1)).class).toBe('transient');
    expect(classifyFailure(new SourceGoneError('r/a:1'), at(GRACE)).class).toBe('withdrawn');
    expect(classifyFailure(answer('target', 403), at(4 * GRACE - 1)).class).toBe('transient');
    expect(classifyFailure(answer('target', 403), at(4 * GRACE)).class).toBe('permanent');
    expect(classifyFailure(answer('target', 200), at(GRACE - 1)).class).toBe('transient');
    expect(classifyFailure(answer('target', 200), at(GRACE)).class).toBe('permanent');
  });

  it('continues a copy that made progress, up to a limit', () => {
    const advanced = new CopyAbortedError('r/a:1', 3, new Error('x'));
    expect(classifyFailure(advanced, young)).toMatchObject({
      class: 'unfinished',
      reason: 'deadline',
    });
    expect(classifyFailure(advanced, old)).toMatchObject({
      class: 'permanent',
      reason: 'too-slow',
    });
  });

  it('continues a copy with a checkpoint for longer', () => {
    const stopped = (token: string): RewriteStoppedError => {
      const progress = { generation: '1', token, isRestarted: false };
      return new RewriteStoppedError('gs://b/o', { calls: 1, progress, bytes: 7 }, new Error('x'));
    };
    const checkpoint = { rewriteToken: '1:0:1:t' };
    expect(classifyFailure(stopped('t'), old)).toMatchObject({ class: 'unfinished', checkpoint });
    const last = { ...old, continued: MAX_CHECKPOINTED_CONTINUATIONS };
    expect(classifyFailure(stopped('t'), last)).toMatchObject({
      class: 'permanent',
      reason: 'too-slow',
    });
    // The largest object, 5 TiB, at 50 MB a second in attempts of COPY_TIMEOUT_SECONDS.
    expect((MAX_CHECKPOINTED_CONTINUATIONS + 1) * 480 * 50e6).toBeGreaterThan(5 * 1024 ** 4);
    // The token is too long for an attribute: each attempt starts from the beginning.
    expect(classifyFailure(stopped('t'.repeat(9000)), old).class).toBe('permanent');
  });

  it('abandons a blob that alone needs more than one attempt, but only after an attempt without other blobs', () => {
    const blob = { mediaType: 'x', digest, size: 7 };
    const stalled = new CopyAbortedError('r/a:1', 0, new Error('x'), blob);
    expect(classifyFailure(stalled, young)).toMatchObject({ class: 'stalled', reason: 'deadline' });
    expect(classifyFailure(stalled, { ...young, stalled: 1 }).class).toBe('stalled');
    const classification = classifyFailure(stalled, old);
    expect(classification).toMatchObject({ class: 'permanent', reason: 'too-slow' });
    expect(classification.error).toBe(
      `the copy to r/a:1 was ended before the blob ${digest} (7 bytes) was sent`,
    );
  });

  it('reports the failure that decides, an unexpected one first', () => {
    const offline = new NetworkError('GET', 'https://r/', new Error('no route'));
    const bug = new TypeError('not a function');
    const conflict = new TagConflictError('r/a:1', digest, digest);
    const progress = new CopyAbortedError('r/a:1', 1, new Error('x'), undefined);
    const reasonOf = (...errors: Error[]) => classifyFailures(errors, young).classification.reason;
    expect(reasonOf(conflict, offline)).toBe('network');
    expect(reasonOf(offline, conflict)).toBe('network');
    expect(reasonOf(offline, bug)).toBe('bug');
    expect(reasonOf(bug, offline)).toBe('bug');
    expect(reasonOf(bug, progress)).toBe('deadline');
    expect(reasonOf(conflict, bug, conflict)).toBe('bug');
  });

  it('covers every row of the table', () => {
    const reported = new Set<string>([...cases.map(([, , reason]) => reason), 'too-slow']);
    expect(Object.keys(FAILURES).filter((reason) => !reported.has(reason))).toStrictEqual([]);
  });
});
