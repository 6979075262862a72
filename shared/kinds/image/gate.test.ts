import { signature } from '../../../local/images/attachments';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { createStage, SOURCE, TARGET, type Stage } from '../../../test/support/copy-stage';
import { HeldError } from '../../copying/errors';
import { digestOf, type Digest } from '../../oci/digest';
import type { Proof } from '../../statements/proof';
import type { Requirement } from '../../statements/requirement';
import type { Gate } from './copy-context';

const requirement = { statement: 'signature', by: [], identity: [], where: [], enforce: true };
const counted = {
  statement: digestOf(Buffer.from('a statement')),
  predicateType: 'https://sigstore.dev/cosign/sign/v1',
  by: 'release',
} as const;

function proofOf(proven: boolean, more: Partial<Requirement> = {}): Proof {
  const asked = { ...requirement, ...more };
  const found = ['a signature by key 3fe1, not an accepted signer'];
  const one =
    proven && asked.enforce ? { met: true as const, ...counted } : { met: false as const, found };
  return {
    proven,
    seen: [],
    rules: [{ rule: 'all', proven, requirements: [{ ...one, requirement: asked }] }],
  };
}

let stage: Stage;
let asked: Digest[];
beforeEach(async () => {
  stage = await createStage();
  asked = [];
});
afterEach(() => stage.close());

/** A gate that returns what `evaluate` returns, and records the digests. */
function gateOf(evaluate: (digest: Digest, times: number) => Proof | Promise<Proof>): Gate {
  return async (source, digest) => {
    expect(source.repository).toBe(SOURCE);
    asked.push(digest);
    return evaluate(digest, asked.length);
  };
}

const release = (seed: string) => image({ layers: [layer({ seed })], config: { seed }, tag: 'v1' });
const [one, two] = [release('one'), release('two')];
const held = () => stage.target.digestOf(TARGET, 'v1');

it('holds what is not proven before the first byte goes out', async () => {
  await stage.publish(one);
  stage.requests();
  const copying = stage.copy({ gate: gateOf(() => proofOf(false)) });
  await expect(copying).rejects.toThrow(HeldError);
  await expect(copying).rejects.toMatchObject({ reason: 'unproven' });
  await expect(copying).rejects.toThrow(
    `${SOURCE}@${one.root.digest} does not meet its requirements: all requires signature by : found a signature by key 3fe1, not an accepted signer`,
  );
  expect(asked).toEqual([one.root.digest]);
  expect(stage.requests()).toEqual({ source: { getManifest: 1 }, target: { headManifest: 1 } });
});

it('says all that is missing', async () => {
  await stage.publish(one);
  const [rule] = proofOf(false).rules;
  const rules = [rule!, { ...rule!, rule: 'other' }];
  const copying = stage.copy({ gate: gateOf(() => ({ ...proofOf(false), rules })) });
  await expect(copying).rejects.toThrow(
    / does not meet its requirements: all requires .*; other requires /,
  );
});

it('asks once for a copy, and says on what it was released', async () => {
  await stage.publish(one);
  const outcome = await stage.copy({ gate: gateOf(() => proofOf(true)) });
  expect(outcome).toMatchObject({ outcome: 'copied', notes: [] });
  expect(outcome.proof).toEqual({ statements: [{ rule: 'all', ...counted }] });
  expect(asked).toEqual([one.root.digest]);
});

it('asks nothing for a tag that is equal, be it repaired or not', async () => {
  await stage.publish(one);
  await stage.copy();
  const gate = gateOf(() => proofOf(false));
  for (const repair of [false, true]) {
    const outcome = await stage.copy({ gate, repair });
    expect(outcome).toMatchObject({ outcome: 'current' });
    expect(outcome.proof).toBeUndefined();
  }
  expect(asked).toStrictEqual([]);
});

it('asks again in each round: a tag that moves on during the copy is held where it is', async () => {
  await stage.publish(one);
  const gate = gateOf(async (digest) => {
    if (asked.length === 1) await stage.publish(two);
    return proofOf(digest === one.root.digest);
  });
  await expect(stage.copy({ gate })).rejects.toThrow(
    `${two.root.digest} does not meet its requirements`,
  );
  expect(asked).toEqual([one.root.digest, two.root.digest]);
  expect(await held()).toBeUndefined();
});

it('asks again for a digest that it asked about before: a signature may be gone since', async () => {
  await stage.publish(one);
  const moves = [two, one];
  const gate = gateOf(async (_, times) => {
    const next = moves.shift();
    if (next !== undefined) await stage.publish(next);
    return proofOf(times < 3);
  });
  await expect(stage.copy({ gate })).rejects.toThrow(
    `${one.root.digest} does not meet its requirements`,
  );
  expect(asked).toEqual([one.root.digest, two.root.digest, one.root.digest]);
  expect(await held()).toBeUndefined();
});

it('keeps what the target holds', async () => {
  await stage.publish(one);
  await stage.copy();
  await stage.publish(two);
  await expect(stage.copy({ gate: gateOf(() => proofOf(false)) })).rejects.toThrow(HeldError);
  expect(await held()).toBe(one.root.digest);
});

it('asks about the whole index where some platforms are released', async () => {
  const platforms = ['amd64', 'arm64'].map((architecture) => {
    const platform = { os: 'linux', architecture };
    return { image: image({ layers: [layer({ seed: architecture })], platform }), platform };
  });
  const whole = index({ entries: platforms, tag: 'v1' });
  await stage.publish(whole);
  const gate = gateOf(() => proofOf(true));
  await stage.copy({ gate, platforms: [{ os: 'linux', architecture: 'amd64' }] });
  expect(asked).toEqual([whole.root.digest]);
  expect(await held()).not.toBe(whole.root.digest);
});

it('asks nothing about what is attached late', async () => {
  await stage.publish(one);
  await stage.copy();
  const late = signature(one.root);
  await stage.publish(late);
  const { digest } = late.root;
  const gate = gateOf(() => proofOf(false));
  expect(await stage.copy({ gate, digest, destinationTag: undefined })).toMatchObject({
    outcome: 'copied',
  });
  expect(asked).toStrictEqual([]);
});

it('says what would be held if it were enforced', async () => {
  await stage.publish(one);
  const outcome = await stage.copy({ gate: gateOf(() => proofOf(true, { enforce: false })) });
  const missing = 'all requires signature by ';
  expect(outcome).toMatchObject({
    outcome: 'copied',
    proof: { statements: [], unproven: [missing] },
    notes: [`would be held if it were enforced: ${missing}`],
  });
});

it('says who lets it pass', async () => {
  await stage.publish(one);
  const expires = new Date('2026-11-28T00:00:00Z');
  const override = { ...counted, why: 'rollback', expires };
  const [rule] = proofOf(false).rules;
  const proof: Proof = {
    proven: true,
    seen: [],
    rules: [{ ...rule!, proven: true, overrides: [override] }],
  };
  const outcome = await stage.copy({ gate: gateOf(() => proof) });
  expect(outcome.proof?.overrides).toEqual([
    { rule: 'all', ...counted, why: 'rollback', expires: expires.toISOString() },
  ]);
  expect(outcome.notes).toEqual([
    'not proven: release lets it pass the rule "all" until 2026-11-28T00:00:00.000Z (rollback)',
  ]);
});

it('throws what asking throws: a list that cannot be read is no absence', async () => {
  await stage.publish(one);
  const gate: Gate = async (source, digest) => {
    await source.listReferrers(digest);
    return proofOf(false);
  };
  stage.source.faults.add({ on: 'listReferrers', times: 9, answer: { status: 403 } });
  await expect(stage.copy({ gate })).rejects.toThrow(
    /could not list the referrers of .* \(source\)/,
  );
});
