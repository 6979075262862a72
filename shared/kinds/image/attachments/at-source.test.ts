import { together } from '../../../../local/images/content';
import { artifact, image, index } from '../../../../local/images/image';
import {
  createComparisonStage,
  statesOf,
  type ComparisonStage,
} from '../../../../test/support/comparison-stage';
import { listsNoReferrers } from '../../../../test/support/referrers-fault';
import { fallbackTag } from '../../../oci/digest-tag';
import { OCI_INDEX } from '../../../oci/media-types';
import { readSourceAttachments } from './at-source';

let stage: ComparisonStage;
beforeEach(async () => {
  stage = await createComparisonStage();
});
afterEach(() => stage.close());

/** The stage with other registries. */
async function reopen(...options: Parameters<typeof createComparisonStage>) {
  await stage.close();
  return createComparisonStage(...options);
}

const plain = image({ config: { seed: 'plain' } });
const other = image({ config: { seed: 'other' } });

describe('attachments', () => {
  const signature = artifact({ subject: plain.root, artifactType: 'application/vnd.example.sig' });
  const signed = together(plain, signature);

  it('are missing where a referrer is not at the target', async () => {
    await stage.publish(signed, '1');
    await stage.deliver(plain, '1');
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
    await stage.deliver(signature, 'signature');
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
  });

  it('are missing where the target has a referrer that its list lacks', async () => {
    await stage.publish(signed, '1');
    await stage.deliver(plain, '1');
    await stage.deliver(signature, 'signature');
    stage.target.faults.add(listsNoReferrers());
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
  });

  it('cost one look at the list, however many there are', async () => {
    const others = ['a', 'b', 'c'].map((name) =>
      artifact({ subject: plain.root, annotations: { name } }),
    );
    await stage.publish(together(plain, ...others), '1');
    await stage.deliver(together(plain, ...others), '1');
    stage.target.requests.reset();
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
    expect(stage.target.requests.counts()).toEqual({ headManifest: 1, listReferrers: 1 });
  });

  it('are those that a target lists under a fallback tag, and has', async () => {
    stage = await reopen({ target: { referrers: false } });
    await stage.publish(signed, '1');
    await stage.deliver(signed, '1');
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
    const list = index({ entries: [{ image: signature }] });
    await stage.deliver(list, fallbackTag(plain.root.digest));
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
    const { digest } = signature.root;
    stage.target.faults.add({ on: 'headManifest', reference: digest, answer: { status: 404 } });
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
  });

  it('may name no subject where a fallback tag lists them on both sides', async () => {
    const unnamed = artifact();
    const list = index({ entries: [{ image: unnamed }, { image: signature }] });
    await stage.publish(together(plain, unnamed), '1');
    await stage.publish(list, fallbackTag(plain.root.digest));
    await stage.deliver(plain, '1');
    await stage.deliver(unnamed, 'by-digest');
    await stage.deliver(signature, 'signature');
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
    await stage.deliver(list, fallbackTag(plain.root.digest));
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
    stage.target.faults.add(listsNoReferrers());
    // The one that names its subject is lost all the same.
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
  });

  it('are not looked for where a rule, or the caller, does not want them', async () => {
    await stage.publish(signed, '1');
    await stage.deliver(plain, '1');
    expect(statesOf(await stage.compare(', attachments: false'))).toEqual(['1 current']);
    expect(statesOf(await stage.compare('', { attachments: false }))).toEqual(['1 current']);
  });

  it.each(['sig', 'vex'])('are also those under digest tags (.%s)', async (kind) => {
    const sig = `${fallbackTag(plain.root.digest)}.${kind}`;
    await stage.publish(plain, '1');
    await stage.publish(other, sig);
    await stage.deliver(plain, '1');
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
    await stage.deliver(index({ entries: [] }), sig);
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
    await stage.deliver(other, 'by-digest');
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
  });

  it('are also those that a fallback tag lists', async () => {
    stage = await reopen({ source: { referrers: false } });
    await stage.publish(signed, '1');
    await stage.publish(index({ entries: [{ image: signature }] }), fallbackTag(plain.root.digest));
    await stage.deliver(plain, '1');
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
    await stage.deliver(signature, 'signature');
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
  });

  it('are those that a fallback tag and the API list, each where it is listed', async () => {
    const list = index({ entries: [{ image: artifact({ annotations: { by: 'tag' } }) }] });
    await stage.publish(signed, '1');
    await stage.publish(list, fallbackTag(plain.root.digest));
    await stage.deliver(signed, '1');
    expect(statesOf(await stage.compare())).toEqual(['1 attachments missing']);
    await stage.deliver(list, fallbackTag(plain.root.digest));
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
  });

  it('are not what sits under a fallback tag and is no list', async () => {
    await stage.publish(signed, '1');
    await stage.publish(other, fallbackTag(plain.root.digest));
    await stage.deliver(signed, '1');
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
  });

  it('cost no more than a list where there are none', async () => {
    await stage.publish(plain, '1');
    await stage.deliver(plain, '1');
    stage.source.requests.reset();
    stage.target.requests.reset();
    expect(statesOf(await stage.compare())).toEqual(['1 current']);
    expect(stage.source.requests.counts()).toEqual({
      listTags: 1,
      headManifest: 1,
      listReferrers: 1,
    });
    expect(stage.target.requests.counts()).toEqual({ headManifest: 1 });
  });

  it('are all of the digest tags, and what a fallback tag lists besides', async () => {
    const tag = fallbackTag(plain.root.digest);
    const [sig, vex] = ['sig', 'vex'].map((seed) => image({ config: { seed } }));
    const list = index({ entries: [{ image: artifact() }] });
    await stage.publish(plain, '1');
    await stage.publish(sig!, `${tag}.sig`);
    await stage.publish(list, tag);
    await stage.publish(vex!, `${tag}.vex`);
    await stage.deliver(plain, '1');
    const states: string[] = [];
    for (const [content, name] of [
      [vex!, `${tag}.vex`],
      [list, tag],
      [sig!, `${tag}.sig`],
    ] as const) {
      await stage.deliver(content, name);
      states.push(...statesOf(await stage.compare()));
    }
    expect(states).toEqual(['1 attachments missing', '1 attachments missing', '1 current']);
  });

  describe('that stay at the source', () => {
    const predicateType = 'https://registry-relay.dev/approval/v1';
    const approval = artifact({
      annotations: { 'in-toto.io/predicate-type': predicateType },
      subject: plain.root,
    });
    const tag = `${fallbackTag(plain.root.digest)}.att`;

    beforeEach(() => stage.deliver(plain, '1'));

    it('are not missed, whether they are listed or under a digest tag', async () => {
      await stage.publish(together(plain, approval), '1');
      await stage.publish(approval, tag);
      expect(statesOf(await stage.compare())).toEqual(['1 current']);
    });

    it('are read where a list does not say what they are', async () => {
      await stage.publish(together(plain, approval), '1');
      const { mediaType, digest, size } = approval.root;
      stage.source.faults.add({
        on: 'listReferrers',
        answer: {
          status: 200,
          headers: { 'content-type': OCI_INDEX },
          body: JSON.stringify({
            schemaVersion: 2,
            mediaType: OCI_INDEX,
            manifests: [{ mediaType, digest, size }],
          }),
        },
      });
      expect(statesOf(await stage.compare())).toEqual(['1 current']);
    });

    it.each([
      [404, 'attachments missing', undefined],
      [403, 'unreachable', 'source-denied'],
    ])('are as others where they cannot be read (%s)', async (status, state, reason) => {
      await stage.publish(plain, '1');
      await stage.publish(approval, tag);
      const reference = approval.root.digest;
      stage.source.faults.add({ on: 'getManifest', reference, answer: { status } });
      const [finding] = (await stage.compare()).findings;
      expect([finding?.state, finding?.trouble?.reason]).toEqual([state, reason]);
    });
  });
});

describe('what is attached at the source', () => {
  const tag = `${fallbackTag(plain.root.digest)}.sig`;
  const open = () =>
    stage.client.open(
      { registry: stage.source.address, repository: 'vendor/api' },
      { access: 'pull' },
    );
  const read = async (...known: Parameters<typeof readSourceAttachments>[2]) => {
    stage.source.requests.reset();
    const { subject, referrers, tags } = await readSourceAttachments(
      open(),
      plain.root.digest,
      known,
      false,
    );
    return { subject, referrers, tags: tags.map((one) => `${one.tag} ${one.digest}`) };
  };

  beforeEach(() => stage.publish(plain, '1'));

  it('is not asked for a tag whose digest is in its list', async () => {
    const { digest } = other.root;
    expect(await read({ tag, digest })).toEqual({
      subject: plain.root.digest,
      referrers: [],
      tags: [`${tag} ${digest}`],
    });
    expect(stage.source.requests.counts()).toEqual({ listReferrers: 1 });
  });

  it('is not under a tag that is gone', async () => {
    await stage.publish(other, tag);
    expect((await read({ tag }, { tag: `${tag}.gone` })).tags).toEqual([
      `${tag} ${other.root.digest}`,
    ]);
    expect(stage.source.requests.counts()).toEqual({ listReferrers: 1, headManifest: 2 });
  });
});
