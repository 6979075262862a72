import type { Backstage } from '../servers/backstage';
import { readEntry, type Catalog } from '../model/catalog';
import { attachedTo, isAttachmentTag, type Attachment, type Release } from '../model/release';
import type { Expectation } from '../model/expectation';
import type { Customer } from '../history/customer';
import type { Plan } from '../history/plan';
import type { Answer } from '../network/fate';
import type { ServedRequest } from '../network/network';
import type { Violation } from './violation';

export interface WitnessDeps {
  readonly plan: Pick<Plan, 'customers'>;
  readonly expected: Pick<Expectation, 'attachments' | 'catalog' | 'proven' | 'releases'>;
  /** Milliseconds since the simulation began. */
  readonly now: () => number;
  readonly backstageOf: (host: string) => Backstage;
  /** Whether the customer's list of the subject's referrers may lack one for a while. */
  readonly mayLack: (customer: Customer, path: string, subject: string) => boolean;
  readonly report: (violation: Violation) => void;
}

/** Sees each write at a customer's in the moment in which it takes effect. */
export interface Witness {
  readonly served: (request: ServedRequest, answer: Answer) => Promise<void>;
  /** Somebody has deleted it at a customer's: until it is repaired nobody is to blame. */
  readonly lost: (digest: string) => void;
  /** Somebody else has written the tags that may not be moved. */
  readonly squatted: (digest: string) => void;
  /** Every digest that the tag has held. */
  readonly everHeld: (release: Release) => ReadonlySet<string>;
}

const MANIFEST = /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/;

export function createWitness(deps: WitnessDeps): Witness {
  const { customers } = deps.plan;
  const { releases, attachments, proven } = deps.expected;
  const isProven = (digest: string): boolean => (proven.get(digest) ?? Infinity) <= deps.now();
  const { report } = deps;
  const held = new Map<Release, string[]>();
  /** How many writes of a tag a process has seen whenever it looked, by both. */
  const looks = new Map<string, Look[]>();
  const keyOf = (from: string, url: URL): string => `${from} ${url.href}`;
  const lost = new Set<string>();
  /** When a tag of an image was written last, by customer and image. */
  const latest = new Map<string, number>();

  const wroteTag = async (
    release: Release,
    { path, digest, from, url, sentAt }: TagWrite,
  ): Promise<void> => {
    const { customer, rule, image, tag } = release;
    const name = `${customer.name} ${image}:${tag}`;
    const before = held.get(release) ?? [];
    held.set(release, [...before, digest]);
    const last = before.at(-1);
    // Who looked before it was there cannot know: no protocol without compare-and-swap excludes that.
    const looked = looks.get(keyOf(from, url))?.findLast(({ at }) => at <= sentAt);
    const couldKnow = (looked?.writes ?? 0) >= before.length;
    if (rule.immutable === true && last !== undefined && last !== digest && couldKnow) {
      report({ invariant: 'moved', detail: `${name} was ${last} and is ${digest}` });
    }
    if (release.mustBeSigned && !(await wholesOf(release, path, digest)).some(isProven)) {
      report({ invariant: 'unproven', detail: `${name} is set to ${digest}, which nobody signed` });
    }
    // What it belongs to was there when it was sent, and has been taken away with another tag since.
    const place = `${customer.name} ${image}`;
    const isOvertaken = customer.role === 'collecting' && (latest.get(place) ?? 0) > sentAt;
    latest.set(place, deps.now());
    if (isOvertaken) return;
    const backstage = deps.backstageOf(customer.host);
    const lacks = await missingBelow(backstage, path, digest);
    for (const detail of lacks.filter((lack) => ![...lost].some((one) => lack.endsWith(one)))) {
      report({
        invariant: 'incomplete',
        detail: `${name} is set to ${digest} and lacks ${detail}`,
      });
    }
    const first = release.contents.find((content) => content.digest === digest)?.at ?? 0;
    for (const attachment of attachments) {
      if (attachment.subject !== digest || attachment.at >= first || rule.platforms) continue;
      if (lost.has(attachment.digest)) continue;
      if (attachment.tag === undefined && deps.mayLack(customer, path, digest)) continue;
      if (await isAttached(backstage, path, attachment)) continue;
      const detail = `${name} is set to ${digest} before its ${attachment.tag ?? attachment.digest}`;
      report({ invariant: 'incomplete', detail });
    }
  };

  /** What it is, or is a part of. */
  const wholesOf = async (release: Release, path: string, digest: string): Promise<string[]> => {
    const { platforms } = release.rule;
    if (platforms === undefined) return [digest];
    const found = await deps.backstageOf(release.customer.host).manifest(path, digest);
    const children = found ? readEntry(found.bytes).children : [];
    return release.contents.flatMap((content) =>
      isSelection(deps.expected.catalog, content.digest, platforms, children)
        ? [content.digest!]
        : [],
    );
  };

  const writesOf = (host: string, path: string, tag: string): number => {
    const release = releases.find(
      (one) => one.tag === tag && `${host}/${path}` === `${one.customer.repository}/${one.image}`,
    );
    return release ? (held.get(release)?.length ?? 0) : 0;
  };

  return {
    lost: (digest) => void lost.add(digest),
    squatted(digest) {
      for (const release of releases.filter(({ rule }) => rule.immutable === true)) {
        held.set(release, [...(held.get(release) ?? []), digest]);
      }
    },
    everHeld: (release) => new Set(held.get(release)),
    async served({ method, url, body, from, sentAt }, { status }) {
      const { repository = '', reference = '' } = MANIFEST.exec(url.pathname)?.groups ?? {};
      const isLook = (method === 'HEAD' || method === 'GET') && repository !== '';
      if (isLook) {
        const look = { at: deps.now(), writes: writesOf(url.host, repository, reference) };
        looks.set(keyOf(from, url), [...(looks.get(keyOf(from, url)) ?? []), look]);
      }
      if (method !== 'PUT' || status !== 201) return;
      const customer = customers.find(
        (one) => one.host === url.host && `${url.host}/${repository}`.startsWith(one.repository),
      );
      if (repository === '' || customer === undefined) return;
      const image = `${url.host}/${repository}`.slice(customer.repository.length + 1);
      const own = releases.filter((one) => one.customer === customer && one.image === image);
      const { digest } = reference.includes(':')
        ? { digest: reference }
        : (await deps.backstageOf(url.host).manifest(repository, reference))!;
      const problem = whyForbidden(deps.expected, own, { image, digest, body });
      if (problem !== undefined) {
        const detail = `${customer.name} ${image} got ${reference} (${digest}): ${problem}`;
        report({ invariant: 'forbidden', detail });
      }
      const release = own.find(({ tag }) => tag === reference);
      if (release) await wroteTag(release, { path: repository, digest, from, url, sentAt });
      else if (!reference.includes(':') && !isAttachmentTag(reference)) {
        const detail = `${customer.name} ${image}:${reference}: no rule gives it this tag`;
        report({ invariant: 'forbidden', detail });
      }
    },
  };
}

interface Look {
  readonly at: number;
  readonly writes: number;
}

interface TagWrite {
  readonly path: string;
  readonly digest: string;
  readonly from: string;
  readonly url: URL;
  readonly sentAt: number;
}

/** What the manifest points at, directly and below, and is not there. */
export async function missingBelow(
  backstage: Backstage,
  repository: string,
  digest: string,
): Promise<string[]> {
  const found = await backstage.manifest(repository, digest);
  if (!found) return [`the manifest ${digest}`];
  const { blobs, children } = readEntry(found.bytes);
  const missing: string[] = [];
  for (const blob of blobs) {
    if (!(await backstage.hasBlob(repository, blob))) missing.push(`the blob ${blob}`);
  }
  for (const child of children) {
    missing.push(...(await missingBelow(backstage, repository, child.digest)));
  }
  return missing;
}

/** Whether the customer finds the attachment in the way in which clients look for it. */
export async function isAttached(
  backstage: Backstage,
  repository: string,
  { subject, digest, tag }: Attachment,
): Promise<boolean> {
  if (tag !== undefined) return (await backstage.manifest(repository, tag))?.digest === digest;
  if (!(await backstage.manifest(repository, digest))) return false;
  const listed = await backstage.referrers(repository, subject);
  if (listed !== undefined) return listed.includes(digest);
  const list = await backstage.manifest(repository, subject.replace(':', '-'));
  return list !== undefined && readEntry(list.bytes).children.some((one) => one.digest === digest);
}

interface Written {
  readonly image: string;
  readonly digest: string;
  readonly body: Buffer;
}

function whyForbidden(
  { attachments, catalog }: WitnessDeps['expected'],
  releases: readonly Release[],
  { image, digest, body }: Written,
): string | undefined {
  if (releases.length === 0) return 'no rule gives this customer the image';
  const subjects = new Set<string>();
  for (const { contents, rule } of releases) {
    for (const content of contents) {
      const roots =
        content.digest === undefined ? [] : rootsOf(catalog, content.digest, rule.platforms);
      for (const below of roots.flatMap((root) => [...catalog.closure(root)])) subjects.add(below);
    }
  }
  if (subjects.has(digest)) return undefined;
  const attached = attachedTo(attachments, image, subjects);
  if (attached.some((one) => catalog.closure(one.digest).has(digest))) return undefined;
  const { children } = readEntry(body);
  const isList = children.every((child) => attached.some((one) => one.digest === child.digest));
  if (isList && children.length > 0) return undefined;
  const isPart = releases.some(({ rule, contents }) =>
    contents.some((content) => isSelection(catalog, content.digest, rule.platforms, children)),
  );
  return isPart ? undefined : 'no rule allows this content';
}

/** The image or index itself; where a rule wants a part of it, the parts. */
function rootsOf(
  catalog: Catalog,
  whole: string,
  platforms: readonly string[] | undefined,
): string[] {
  return platforms === undefined ? [whole] : wantedChildren(catalog, whole, platforms);
}

function wantedChildren(catalog: Catalog, whole: string, platforms: readonly string[]): string[] {
  return (catalog.find(whole)?.children ?? [])
    .filter(({ architecture = '' }) => platforms.includes(architecture))
    .map(({ digest }) => digest);
}

/** Whether an index consists of just those children of the vendor's that a rule wants. */
export function isSelection(
  catalog: Catalog,
  whole: string | undefined,
  platforms: readonly string[] | undefined,
  children: readonly { readonly digest: string }[],
): boolean {
  if (whole === undefined || platforms === undefined) return false;
  const wanted = wantedChildren(catalog, whole, platforms);
  return wanted.length > 0 && wanted.join() === children.map(({ digest }) => digest).join();
}
