import { signature } from '../../../local/images/attachments';
import { together, type Image } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import {
  createComparisonStage,
  statesOf,
  type ComparisonStage,
} from '../../../test/support/comparison-stage';
import { createCopyCaches } from '../../copying/caches';
import { artifactRegistryName } from '../../google/artifact-registry-name';
import type { Access } from '../../inventory/inspection';
import { selectWanted, type Wanted } from '../../inventory/wanted';
import type { OpenOptions } from '../../oci/client';
import { digestOf, type Digest } from '../../oci/digest';
import { fallbackTag } from '../../oci/digest-tag';
import { emptyTraffic } from '../../oci/http/traffic';
import { parseReference } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import { HALT, HALT_TYPE } from '../../statements/halt';
import { APPROVAL } from '../../statements/requirement';
import { system } from '../../system/system';
import type { SourceRelease } from '../../rules/artifact';
import { parseRules } from '../rules';
import { copyImage } from './copy';
import { imageInventory } from './inspection';

let stage: ComparisonStage;
beforeEach(async () => {
  stage = await createComparisonStage();
});
afterEach(() => stage.close());

const arm = { os: 'linux', architecture: 'arm64' };
const platforms = ['amd64', 'arm64'].map((architecture) => {
  const platform = { os: 'linux', architecture };
  return { platform, image: image({ platform, layers: [layer({ seed: architecture })] }) };
});
const multi = index({ entries: platforms });
const plain = image({ config: { seed: 'plain' } });
const other = image({ config: { seed: 'other' } });
const both = { targets: 'acme, globex' };

describe('a source', () => {
  it('is asked once about each tag and each digest, however many targets there are', async () => {
    await stage.publish(plain, '1');
    await stage.publish(other, '2');
    for (const customer of ['acme', 'globex']) {
      await stage.deliver(plain, '1', customer);
      await stage.deliver(other, '2', customer);
    }
    stage.source.requests.reset();
    stage.target.requests.reset();
    expect(statesOf(await stage.compare('', both))).toEqual([
      '1 current',
      '1 current',
      '2 current',
      '2 current',
    ]);
    expect(stage.source.requests.counts()).toEqual({
      listTags: 1,
      headManifest: 2,
      listReferrers: 2,
    });
    expect(stage.target.requests.counts()).toEqual({ headManifest: 4 });
  });

  it('knows better than its list what a tag holds that a target has another of', async () => {
    await stage.publish(plain, '1');
    await stage.deliver(image({ config: { seed: 'old' } }), '1');
    const { findings } = await stage.compare('', {
      listed: (tag) => ({ ...tag, digest: other.root.digest }),
    });
    expect(findings).toMatchObject([{ state: 'stale', digest: plain.root.digest }]);
  });

  it('is asked nothing more about what a target lacks', async () => {
    const { digest } = plain.root;
    await stage.publish(plain, '1');
    stage.source.requests.reset();
    const compared = await stage.compare('', { listed: (tag) => ({ ...tag, digest }) });
    expect(statesOf(compared)).toEqual(['1 missing']);
    expect(stage.source.requests.counts()).toEqual({ listTags: 1 });
  });

  it.each([true, false])(
    'reports what is attached to what its tags hold (listed with digests: %s)',
    async (isListed) => {
      const held: Record<string, Digest> = { '1': plain.root.digest, '2': other.root.digest };
      await stage.publish(plain, '1');
      await stage.publish(other, '2');
      await stage.publish(multi, `${fallbackTag(plain.root.digest)}.sig`);
      await stage.deliver(plain, '1');
      await stage.deliver(other, '2');
      const listed = (tag: SourceRelease<'image'>): SourceRelease<'image'> => {
        const digest = isListed ? held[tag.tag] : undefined;
        return { ...tag, ...(digest !== undefined && { digest }) };
      };
      expect(statesOf(await stage.compare('', { listed }))).toEqual([
        '1 attachments missing',
        '2 current',
      ]);
      expect(statesOf(await stage.compare(', attachments: false', { listed }))).toEqual([
        '1 current',
        '2 current',
      ]);
      expect(statesOf(await stage.compare('', { listed, attachments: false }))).toEqual([
        '1 current',
        '2 current',
      ]);
    },
  );

  it('whose tag is gone since is taken by its list', async () => {
    await stage.publish(plain, '1');
    await stage.deliver(plain, 'gone');
    const { findings } = await stage.compare('', {
      listed: (tag) => ({ ...tag, tag: 'gone', digest: other.root.digest }),
    });
    expect(findings).toMatchObject([
      { state: 'stale', digest: other.root.digest, held: plain.root.digest },
    ]);
  });
});

describe('where platforms are selected', () => {
  const onlyArm = ', platforms: [linux/arm64]';

  async function deliverArm(tag: string): Promise<void> {
    const traffic = emptyTraffic();
    const at = (registry: string, repository: string) =>
      parseReference(`${registry}/${repository}`);
    await copyImage({
      ...system,
      source: stage.client.open(at(stage.source.address, 'vendor/api'), {
        access: 'pull',
        traffic,
      }),
      target: stage.client.open(at(stage.target.address, 'acme/api'), { access: 'push', traffic }),
      tag,
      destinationTag: tag,
      options: {
        attachments: true,
        immutable: false,
        platforms: [arm],
        repair: false,
        blobConcurrency: 2,
      },
      caches: createCopyCaches(system.clock),
      traffic,
    });
  }

  it('wants the very index that the engine makes', async () => {
    await stage.publish(multi, '1');
    await stage.publish(plain, '2');
    expect(statesOf(await stage.compare(onlyArm))).toEqual(['1 missing', '2 missing']);
    await deliverArm('1');
    const { findings } = await stage.compare(onlyArm);
    expect(findings).toMatchObject([
      { state: 'current' },
      { state: 'missing', trouble: { reason: 'uncopyable' } },
    ]);
    expect(findings[0]?.digest).not.toBe(multi.root.digest);
  });

  it('says which of them the source has none of', async () => {
    await stage.publish(plain, '1');
    const { findings } = await stage.compare(', platforms: [linux/arm64, linux/s390x]');
    const name = `${stage.source.address}/vendor/api:1`;
    expect(findings[0]?.trouble?.error).toBe(
      `${name} cannot be copied: it has none of the wanted platforms (linux/arm64, linux/s390x)`,
    );
  });

  it('reads each index once for all targets', async () => {
    const others = index({ entries: [...platforms].reverse() });
    await stage.publish(multi, '1');
    await stage.publish(others, '2');
    await stage.publish(multi, '3');
    stage.source.requests.reset();
    const { findings } = await stage.compare(onlyArm, both);
    const digests = findings.map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(1);
    expect(digests).toHaveLength(6);
    expect(stage.source.requests.counts()).toEqual({
      listTags: 1,
      headManifest: 3,
      getManifest: 2,
    });
  });

  it.each([true, false])(
    'what is attached to the whole index is not looked for (listed with its digest: %s)',
    async (isListed) => {
      const { digest } = multi.root;
      await stage.publish(together(multi, signature(multi.root)), '1');
      await deliverArm('1');
      stage.source.requests.reset();
      const compared = await stage.compare(onlyArm, {
        listed: (tag) => ({ ...tag, ...(isListed && { digest }) }),
      });
      expect(statesOf(compared)).toEqual(['1 current']);
      const { listReferrers = 0 } = stage.source.requests.counts();
      expect(listReferrers).toBe(isListed ? 0 : 1);
    },
  );

  it('wants a part of what the tag holds now', async () => {
    await stage.publish(multi, '1');
    await stage.deliver(other, '1');
    const listed = { listed: (tag: object) => ({ ...tag, digest: multi.root.digest }) as never };
    const { findings } = await stage.compare(onlyArm, listed);
    expect(findings).toMatchObject([{ state: 'stale', held: other.root.digest }]);
    expect(findings[0]?.digest).not.toBe(multi.root.digest);
  });
});

describe('what is required', () => {
  const required = ', require: [{ statement: signature, by: [release] }]';
  const holdsOf = async (rule: string, more = {}) => {
    stage.source.requests.reset();
    const { holds } = await stage.compare(rule, { ...more, holds: true });
    return holds.map((hold) => hold && `${hold.state} ${hold.reason}: ${hold.error}`);
  };

  it('is nothing, without a request', async () => {
    await stage.publish(plain, '1');
    expect(await holdsOf('')).toStrictEqual([undefined]);
    expect(stage.source.requests.counts()).toEqual({ listTags: 1 });
  });

  it('holds what is not proven, and is asked once for each digest', async () => {
    const signed = stage.signer.sign(plain.root);
    await stage.publish(together(plain, signed), '1');
    await stage.publish(other, '2');
    await stage.publish(other, '3');
    const unproven = `held unproven: ${stage.source.address}/vendor/api@${other.root.digest} does not meet its requirements: all requires signature by release: found nothing`;
    const expected = [undefined, undefined, ...Array<string>(4).fill(unproven)];
    expect(await holdsOf(required, both)).toEqual(expected);
    expect(stage.source.requests.counts()).toMatchObject({ headManifest: 3, listReferrers: 2 });
  });

  it('is evaluated for each tag, and read once for each digest', async () => {
    const source = `${stage.source.address}/vendor/api`;
    const predicate = { rule: 'all', source, tag: '2' };
    const approval = stage.signer.attest(other.root, APPROVAL, predicate);
    await stage.publish(together(other, approval), '2');
    await stage.publish(other, '3');
    const approved = ', require: [{ statement: approval, by: [release] }]';
    const [two, three, ...more] = await holdsOf(approved);
    expect({ two, more }).toEqual({ two: undefined, more: [] });
    expect(three).toMatch(`for the rule all and ${source}:2 alone`);
    expect(stage.source.requests.counts()).toMatchObject({ listReferrers: 1 });
  });

  it('misses no runnable image that a rule with requirements leaves at the source', async () => {
    const hotfix = image({ layers: [layer({ seed: 'hotfix' })] });
    const signed = together(plain, stage.signer.sign(plain.root));
    await stage.publish(signed, '1');
    await stage.publish(hotfix, `${fallbackTag(plain.root.digest)}.hotfix`);
    await stage.deliver(signed, '1');
    await stage.deliver(signed, '1', 'globex');
    const strict = `{ name: strict, source: '${stage.source.address}/vendor', images: [api], targets: [globex]${required}`;
    const found = await stage.compare(` }\n  - ${strict}`);
    expect(found.findings.map(({ target, state }) => `${target.name} ${state}`).sort()).toEqual([
      'acme attachments missing',
      'globex current',
    ]);
  });

  it('is all that every rule requires which wants it', async () => {
    await stage.publish(together(plain, stage.signer.sign(plain.root)), '1');
    const second = ', require: [{ statement: approval, by: [release] }]';
    const [hold] = await holdsOf(required, { second });
    expect(hold).toMatch(
      / does not meet its requirements: second requires approval by release: found /,
    );
  });

  it('is read for the digest in the list', async () => {
    await stage.publish(plain, '1');
    const { digest } = other.root;
    const [hold] = await holdsOf(required, { listed: (tag: object) => ({ ...tag, digest }) });
    expect(hold).toContain(`/vendor/api@${digest} does not meet its requirements`);
    expect(stage.source.requests.of('headManifest')).toStrictEqual([]);
  });

  it('is nothing of a tag that is gone', async () => {
    await stage.publish(plain, '1');
    const gone = { listed: (tag: object) => ({ ...tag, tag: 'gone' }) };
    expect(await holdsOf(required, gone)).toStrictEqual([undefined]);
  });

  it('makes what is missing held, and not what is there', async () => {
    await stage.publish(plain, '1');
    await stage.publish(plain, '2');
    await stage.deliver(plain, '1');
    expect(statesOf(await stage.compare(required))).toEqual(['1 current', '2 held']);
  });
});

describe('a halt', () => {
  const source = () => `${stage.source.address}/vendor/api`;
  const halt = (halted: Image, tag: string): Promise<void> => {
    const predicate = { source: source(), why: 'loses orders', time: '2026-11-01T00:00:00Z' };
    const as = { artifactType: HALT_TYPE };
    const statement = stage.signer.attest(halted.root, HALT, predicate, as);
    return stage.publish(together(halted, statement), tag);
  };
  const troubles = async (more = {}) =>
    (await stage.compare('', { halts: true, ...more })).findings.map(({ state, trouble }) =>
      trouble ? `${state} ${trouble.reason}` : state,
    );

  it('holds what is missing, and is read once for each digest', async () => {
    for (const tag of ['1', '2']) await stage.publish(plain, tag);
    await stage.publish(other, '3');
    await halt(plain, '1');
    stage.source.requests.reset();
    expect(await troubles()).toEqual(['held halted', 'held halted', 'missing']);
    expect(stage.source.requests.counts()).toMatchObject({ listReferrers: 2, getBlob: 1 });
  });

  it('is not asked for what is there, nor where none counts', async () => {
    await stage.publish(plain, '1');
    await halt(plain, '1');
    expect(await troubles({ halts: false })).toEqual(['missing']);
    await stage.deliver(plain, '1');
    stage.source.requests.reset();
    expect(await troubles({ attachments: false })).toEqual(['current']);
    expect(stage.source.requests.of('listReferrers')).toStrictEqual([]);
  });

  it('may be there where the list cannot be read', async () => {
    await stage.publish(plain, '1');
    stage.source.faults.add({ on: 'listReferrers', times: 1, answer: { status: 403 } });
    expect(await troubles({ attachments: false })).toEqual(['unreachable source-denied']);
    const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' };
    stage.source.faults.add({ on: 'listReferrers', times: 2, answer: page });
    expect(await troubles({ attachments: false })).toEqual(['held halts-unreadable']);
  });
});

describe('each side', () => {
  const rules = parseRules(`targets:
  acme: { repository: gcr.io/acme, impersonate: a@b.iam.gserviceaccount.com }
rules: [{ name: all, source: us-docker.pkg.dev/vendor/releases, targets: [acme] }]
`);
  const source = {
    kind: 'image' as const,
    ...parseReference('us-docker.pkg.dev/vendor/releases/api'),
    tag: 'v1',
  };

  let asked: string[];
  let opened: OpenOptions[];
  beforeEach(() => ([asked, opened] = [[], []]));

  const traffic = emptyTraffic();
  const digest = digestOf(Buffer.from('x'));
  const [wanted] = selectWanted(rules, [source]) as [Wanted<'image'>];

  /** Both sides give these answers. */
  function openOn(answers: Partial<Repository>) {
    const access: Partial<Access> = {
      registries: {
        open(name: { registry: string; repository: string }, options: OpenOptions) {
          opened.push(options);
          return { ...name, ...answers } as Repository;
        },
      } as Partial<Access['registries']> as Access['registries'],
      traffic,
      attachments: true,
      nameOf: artifactRegistryName,
      pace: {
        run(host, request, check) {
          asked.push(`at ${host}`);
          check?.();
          return request();
        },
      },
      checkOf:
        ({ name }) =>
        () =>
          void asked.push(`is ${name} up?`),
    };
    return imageInventory.openInspection(access as Access, rules);
  }

  it('is read at the pace of the run, as whom it wants, and is said to have failed', async () => {
    const inspection = openOn({ headManifest: () => Promise.reject(new Error('down')) });
    await expect(inspection.resolve(wanted)).rejects.toThrow(
      'could not look up us-docker.pkg.dev/vendor/releases/api:v1 (source): down',
    );
    const answered = jest.fn();
    const inspected = inspection.inspect(wanted, digest, answered);
    await expect(inspected).rejects.toThrow('could not look up gcr.io/acme/api:v1 (target): down');
    expect(answered).not.toHaveBeenCalled();
    expect(asked).toEqual(['at us-docker.pkg.dev', 'at gcr.io', 'is acme up?']);
    expect(opened).toEqual([
      { access: 'pull', traffic },
      { access: 'pull', traffic, identity: 'a@b.iam.gserviceaccount.com' },
    ]);
  });

  it('has answered once it said what its tag holds, whatever fails then', async () => {
    const answered = jest.fn();
    const inspection = openOn({
      headManifest: () => Promise.resolve({ digest, mediaType: 'x', size: 1 }),
      listReferrers: () => Promise.reject(new Error('down')),
    });
    await expect(inspection.inspect(wanted, digest, answered)).rejects.toThrow('down');
    expect(answered).toHaveBeenCalledTimes(1);
  });
});
