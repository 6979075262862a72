import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { push } from '../../../local/images/push';
import { listReferrers, readImage } from '../../../local/images/read';
import type { GcrMessage } from '../../../local/servers/registry/events';
import { createRegistry, type Registry } from '../../../local/servers/registry/registry';
import type { Kind as Operation } from '../../../local/servers/registry/routes';
import { createLayout } from '../../../local/servers/registry/storage/files';
import type { Digest } from '../../../shared/oci/digest';
import { EFFECTS_ON_CONTENT as effects, outage, trouble } from '../faults';
import { createObserver } from '../observer';
import type { Held, Holdings, Stage, StageOptions } from '../stage';
import { missingBelow } from './completeness';
import type { ImageMove } from './moves';

/** Every operation of a copy. */
const OPERATIONS: readonly Operation[] = [
  'headManifest',
  'getManifest',
  'putManifest',
  'headBlob',
  'getBlob',
  'mountBlob',
  'startUpload',
  'putBlob',
  'cancelUpload',
  'listReferrers',
  'listTags',
];

/** What has been attached at the vendor's so far, by the digest that it belongs to. */
type Attachments = Map<string, readonly string[]>;

/** Registries of images. */
export async function openImages(options: StageOptions): Promise<Stage<ImageMove>> {
  const { customers, share, seed } = options;
  const observer = createObserver(options.attemptMs);
  const attached: Attachments = new Map();
  /** By `name@digest`: what was attached when the tag was set, and so is to be at a customer before the tag is. */
  const attachedBefore: Attachments = new Map();
  const vendor = await openVendor(options);
  const targets = new Map<string, Target>();
  for (const { name: customer } of customers) {
    targets.set(
      customer,
      await openTarget(options, customer, ({ name, digest, missing, has }) => {
        const signatures = attachedBefore.get(`${name}@${digest}`) ?? [];
        const lacks = [...missing(), ...signatures.filter((signature) => !has(signature))];
        observer.wrote(customer, name, digest, lacks);
      }),
    );
  }
  const outages = customers
    .filter(({ isDown }) => isDown)
    .map(({ name }) => outage(targets.get(name)!.host.faults, { on: OPERATIONS }));
  const hosts = [vendor.host, ...[...targets.values()].map(({ host }) => host)];
  const hits = hosts.map(({ faults }, at) =>
    trouble(faults, { operations: OPERATIONS, effects, share, seed: seed + 100 * at }),
  );

  return {
    source: `${vendor.host.address}/vendor/releases`,
    placeOf: (customer) => `${targets.get(customer)!.host.address}/${customer}/vendor`,
    environment: {},
    faults: () => hits.reduce((sum, count) => sum + count(), 0),
    observed: observer.figures,
    endOutage: () => outages.forEach((end) => end()),
    async release({ releases, image, tag, content, signs }) {
      for (const { name, content: digest } of releases) {
        observer.released(name, digest);
        attachedBefore.set(`${name}@${digest}`, attached.get(digest) ?? []);
      }
      await push(content, {
        registry: vendor.backstage.address,
        repository: `vendor/releases/${image}`,
        tag,
      });
      if (signs === undefined) return;
      attached.set(signs, [...(attached.get(signs) ?? []), content.root.digest]);
    },
    held: (customer) => readTarget(targets.get(customer)!, attached),
  };
}

/** Two servers of one folder: one that fails, for the functions, and one that does not, for the vendor's own people. */
async function openVendor({ folder, announce, onClose }: StageOptions) {
  const storage = join(folder, 'vendor');
  const host = await createRegistry({ storage });
  onClose(() => host.close());
  const backstage = await createRegistry({
    storage,
    publicName: host.address,
    onMessage: (message) => announce('gcr', JSON.stringify(message)),
  });
  onClose(() => backstage.close());
  return { host, backstage };
}

interface Target {
  readonly host: Registry;
  /** Serves what the target has, without faults. */
  readonly mirror: Registry;
  /** What stands before an image's name in its repositories: `customer-0/vendor/`. */
  readonly prefix: string;
}

/** A tag that has been set, and what is there of it. */
interface TagWrite {
  readonly name: string;
  readonly digest: string;
  readonly missing: () => readonly string[];
  readonly has: (digest: string) => boolean;
}

async function openTarget(
  { folder, onClose }: StageOptions,
  name: string,
  onTag: (write: TagWrite) => void,
): Promise<Target> {
  const storage = join(folder, name);
  const prefix = `${name}/vendor/`;
  const layout = createLayout(storage);
  const host = await createRegistry({
    storage,
    onMessage(message) {
      const written = readTag(message);
      if (written === undefined || /^sha256-/.test(written.tag)) return;
      const { repository, tag, digest } = written;
      onTag({
        name: `${repository.slice(prefix.length)}:${tag}`,
        digest,
        missing: () => missingBelow(layout, repository, digest),
        has: (other) => existsSync(layout.manifest(repository, other as Digest)),
      });
    },
  });
  onClose(() => host.close());
  const mirror = await createRegistry({ storage });
  onClose(() => mirror.close());
  return { host, mirror, prefix };
}

function readTag(message: GcrMessage) {
  if (message.action !== 'INSERT' || message.tag === undefined) return undefined;
  const [, path = ''] = /^[^/]+\/(.*)$/.exec(message.tag) ?? [];
  const colon = path.lastIndexOf(':');
  const digest = message.digest.slice(message.digest.indexOf('@') + 1);
  return { repository: path.slice(0, colon), tag: path.slice(colon + 1), digest };
}

/** Everything that is tagged, byte by byte, with what is to be attached to it. */
async function readTarget(
  { host, mirror, prefix }: Target,
  attached: Attachments,
): Promise<Holdings> {
  const holdings = new Map<string, Held>();
  for (const repository of await host.repositories()) {
    const location = { registry: mirror.address, repository };
    for (const tag of await mirror.tags(repository)) {
      if (tag.startsWith('sha256-')) continue;
      const { digest = 'nothing', missing } = await readImage(location, tag);
      const signatures = attached.get(digest) ?? [];
      const listed = signatures.length > 0 ? await listReferrers(location, digest as Digest) : [];
      const lost = signatures.filter((signature) => !listed?.includes(signature));
      holdings.set(`${repository.slice(prefix.length)}:${tag}`, {
        content: digest,
        lacks: [...missing, ...lost.map((signature) => `the signature ${signature}`)],
      });
    }
  }
  return holdings;
}
