import { SQUATTER } from '../history/squatter';
import { pathOf, type Customer } from '../history/customer';
import type { Catalog } from '../model/catalog';
import { readEntry } from '../model/catalog';
import { attachedTo, isAttachmentTag, type Attachment, type Release } from '../model/release';
import type { Expectation } from '../model/expectation';
import { endsHalted } from '../model/halts';
import type { Backstage } from '../servers/backstage';
import type { Violation } from './violation';
import { isAttached, isSelection, missingBelow, type Witness } from './witness';

export interface TargetAuditDeps extends Pick<Witness, 'everHeld'> {
  readonly customers: readonly Customer[];
  readonly releases: readonly Release[];
  readonly attachments: readonly Attachment[];
  readonly proven: ReadonlyMap<string, number>;
  readonly halts: Expectation['halts'];
  readonly catalog: Catalog;
  readonly backstageOf: (host: string) => Backstage;
  /** Whether a dead letter says that the release may not move its tag. */
  readonly hasConflict: (release: Release) => boolean;
  /** Whether the customer's list of the subject's referrers may lack one, until a reconciliation makes it good. */
  readonly mayLack: (customer: Customer, path: string, subject: string) => boolean;
}

/** Compares what every customer has with what history and rules say, when all is at rest. */
export async function auditTargets(deps: TargetAuditDeps): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const release of deps.releases) violations.push(...(await auditRelease(deps, release)));
  for (const customer of deps.customers) violations.push(...(await auditTags(deps, customer)));
  return violations;
}

async function auditRelease(deps: TargetAuditDeps, release: Release): Promise<Violation[]> {
  const { customer, image, tag, contents, rule } = release;
  const backstage = deps.backstageOf(customer.host);
  const path = pathOf(customer, image);
  const name = `${customer.name} ${image}:${tag}`;
  const isShut =
    customer.role === 'revoked' || customer.role === 'paused' || rule.failsAs !== undefined;
  const held = (await backstage.manifest(path, tag))?.digest;
  const violations: Violation[] = [];
  const fail = (invariant: Violation['invariant'], detail: string): void =>
    void violations.push({ invariant, detail: `${name} ${detail}`, about: image });
  const latest = contents.at(-1)?.digest;
  // What nobody signed stays where it is, and the customer keeps what it has.
  const isHeld =
    latest !== undefined &&
    ((release.mustBeSigned && !deps.proven.has(latest)) || endsHalted(deps.halts.get(latest)));
  const wanted = isHeld ? undefined : latest;
  if (held === undefined) {
    if (wanted !== undefined && !isShut) fail('missing', `lacks ${wanted}`);
    return violations;
  }
  if (isShut) fail('forbidden', `holds ${held}`);
  if (rule.immutable === true) {
    const mayHold = [SQUATTER.root.digest, ...contents.map(({ digest }) => digest)];
    if (!mayHold.includes(held)) fail('forbidden', `holds ${held}`);
    else if (held !== wanted && !deps.hasConflict(release))
      fail('dead-letters', `holds ${held}, not ${wanted}, and no letter says so`);
  } else if (wanted !== undefined && !(await holdsWanted(deps, release, wanted))) {
    fail('old', `holds ${held}, not ${wanted}`);
  }
  for (const lack of await missingBelow(backstage, path, held)) {
    fail('incomplete', `holds ${held} and lacks ${lack}`);
  }
  if (rule.attachments === false) return violations;
  // A registry that collects may have removed what a tag held before; a copy that was overtaken may have brought a part of it again.
  const subjects = customer.role === 'collecting' ? new Set([held]) : deps.everHeld(release);
  for (const attachment of attachedTo(deps.attachments, image, subjects)) {
    const { subject, digest } = attachment;
    if (await isAttached(backstage, path, attachment)) continue;
    if (attachment.tag === undefined && deps.mayLack(customer, path, subject)) continue;
    fail('attachments', `lacks ${attachment.tag ?? digest} of ${subject}`);
  }
  return violations;
}

/** Whether the customer's tag holds what the vendor's does, or the part of it that the rule wants. */
async function holdsWanted(
  deps: TargetAuditDeps,
  release: Release,
  wanted: string,
): Promise<boolean> {
  const { customer, image, tag, rule } = release;
  const path = pathOf(customer, image);
  const held = await deps.backstageOf(customer.host).manifest(path, tag);
  if (!held) return false;
  if (held.digest === wanted) return rule.platforms === undefined;
  return isSelection(deps.catalog, wanted, rule.platforms, readEntry(held.bytes).children);
}

/** What a customer has under tags that nobody gave it. */
async function auditTags(deps: TargetAuditDeps, customer: Customer): Promise<Violation[]> {
  const backstage = deps.backstageOf(customer.host);
  const own = deps.releases.filter((release) => release.customer === customer);
  const violations: Violation[] = [];
  for (const repository of await backstage.repositories()) {
    const whole = `${customer.host}/${repository}`;
    if (!whole.startsWith(`${customer.repository}/`)) continue;
    const image = whole.slice(customer.repository.length + 1);
    for (const tag of await backstage.tags(repository)) {
      if (isAttachmentTag(tag) || own.some((one) => one.image === image && one.tag === tag))
        continue;
      violations.push({ invariant: 'forbidden', detail: `${customer.name} has ${image}:${tag}` });
    }
  }
  return violations;
}
