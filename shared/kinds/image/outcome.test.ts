import { CopyAbortedError } from '../../copying/errors';
import { digestOf } from '../../oci/digest';
import { emptyTraffic } from '../../oci/http/traffic';
import type { Proof } from '../../statements/proof';
import { type Copying, type CopyRequest, createTally, type Tally } from './copy-context';
import { abortedError, outcomeOf } from './copy';

const clock = { now: () => 9000, monotonic: () => 3500 };
const [digest, whole] = ['part', 'whole'].map((seed) => digestOf(Buffer.from(seed))) as [
  ReturnType<typeof digestOf>,
  ReturnType<typeof digestOf>,
];
const destination = 'gcr.io/acme/api:v1';

const copying = (done: Partial<Tally> = {}, ...notes: string[]) =>
  ({ notes: new Set(notes), tally: { ...createTally(clock), ...done } }) as unknown as Copying;
const request = {
  clock,
  traffic: { ...emptyTraffic(), bytesWritten: 70, requests: 6 },
} as Partial<CopyRequest> as CopyRequest;
const ends = { destination, digest, started: 1000 };

it('reports what was done, and how long it took', () => {
  const done = { uploadedBlobs: 2, manifests: 1, attachments: 3, asOf: 8000 };
  expect(outcomeOf(copying(done, 'a note'), request, ends)).toEqual({
    outcome: 'copied',
    digest,
    asOf: 8000,
    destination,
    bytes: 70,
    requests: 6,
    seconds: 2.5,
    uploadedBlobs: 2,
    attachments: 3,
    notes: ['a note'],
  });
});

it.each([
  ['nothing', {}, 'current'],
  ['a blob', { uploadedBlobs: 1 }, 'copied'],
  ['a manifest', { manifests: 1 }, 'copied'],
])('of %s', (_what, done, outcome) => {
  expect(outcomeOf(copying(done), request, ends)).toMatchObject({ outcome });
});

it('reports what it was made from where that is something else', () => {
  const madeFrom = (from: typeof digest | undefined) =>
    outcomeOf(copying(), request, { ...ends, madeFrom: from });
  expect(madeFrom(whole)).toHaveProperty('madeFrom', whole);
  expect(madeFrom(digest)).not.toHaveProperty('madeFrom');
  expect(madeFrom(undefined)).not.toHaveProperty('madeFrom');
});

it('reports on what it was released, and what a person should know of that', () => {
  const requirement = { statement: 'sbom', by: [], identity: [], where: [], enforce: false };
  const requirements = [{ met: false as const, requirement, found: [] }];
  const proof: Proof = {
    proven: true,
    seen: [],
    rules: [{ rule: 'all', proven: true, requirements }],
  };
  const unproven = ['all requires sbom by '];
  expect(outcomeOf(copying({}, 'a note'), request, { ...ends, proof })).toMatchObject({
    proof: { statements: [], unproven },
    notes: ['a note', `would be held if it were enforced: ${unproven[0]!}`],
  });
});

describe('a copy that was ended', () => {
  const blob = { mediaType: 'x', digest, size: 7 };
  const stalling = (uploadedBlobs: number) => {
    const tally = createTally(clock);
    tally.breakOff(blob, 1100);
    const reason = new Error('deadline');
    return abortedError(copying({ ...tally, uploadedBlobs }), destination, 1000, reason);
  };

  it('stalled on what took most of its time, if it has finished nothing', () => {
    const error = stalling(0);
    expect(error).toBeInstanceOf(CopyAbortedError);
    expect(error).toMatchObject({
      message: `the copy to ${destination} was ended before the blob ${digest} (7 bytes) was sent`,
      cause: { message: 'deadline' },
      uploadedBlobs: 0,
      stalledOn: blob,
    });
  });

  it('has not stalled where it has finished something', () => {
    expect(stalling(1)).toMatchObject({ uploadedBlobs: 1, stalledOn: undefined });
  });
});
