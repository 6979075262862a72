import pLimit from 'p-limit';
import { KINDS } from '../shared/kinds/kinds';
import { literalImages } from '../shared/kinds/image/listing';
import type { RegistryClient } from '../shared/oci/client';
import { formatReference } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import type { RuleOf, Rules } from '../shared/rules/rules';
import { failureFrom } from './failure-from';
import type { HaltedCopy, Reach } from './halt-places';
import { CommandFailure } from './terminal';

const TARGETS_AT_ONCE = 16;

/** What the destinations of a halted digest hold. */
export interface Holdings {
  /** They hold it already, and keep it. */
  readonly held: readonly HaltedCopy[];
  /** They do not hold it: a copy may be under way. */
  readonly lacking: readonly HaltedCopy[];
  /** They could not be read; each with the reason. */
  readonly unknown: readonly (HaltedCopy & { readonly error: string })[];
}

/** Asks the destinations what they hold, some at once; paused ones too, to which a copy from before the pause may be under way. */
export async function findHoldings(
  registries: RegistryClient,
  copies: readonly HaltedCopy[],
): Promise<Holdings> {
  const limit = pLimit(TARGETS_AT_ONCE);
  const found = await Promise.all(
    copies.map((one) => limit(async () => ({ one, ...(await lookAt(registries, one)) }))),
  );
  return {
    held: found.flatMap(({ holds, one }) => (holds === true ? [one] : [])),
    lacking: found.flatMap(({ holds, one }) => (holds === false ? [one] : [])),
    unknown: found.flatMap(({ error, one }) => (error === undefined ? [] : [{ ...one, error }])),
  };
}

async function lookAt(
  registries: RegistryClient,
  { copy: { destination, target }, digest }: HaltedCopy,
): Promise<{ readonly holds?: boolean; readonly error?: string }> {
  const { impersonate: identity } = target;
  const repository = registries.open(destination, { access: 'pull', identity });
  try {
    const head = await repository.headManifest(destination.tag ?? '');
    return { holds: head?.digest === digest };
  } catch (error) {
    const failure = failureFrom(error);
    if (!(failure instanceof CommandFailure)) throw error;
    return { error: failure.message };
  }
}

/**
 * The same digest under other images that rules name literally, in the same registry: a halt does not apply to them. An image that
 * cannot be read is left out.
 */
export async function findOtherImages(
  registries: RegistryClient,
  rules: Rules,
  image: Artifact<'image'>,
  { places: [{ manifest }] }: Reach,
): Promise<readonly string[]> {
  const own = formatReference({ registry: image.registry, repository: image.repository });
  const names = new Set<string>();
  const limit = pLimit(TARGETS_AT_ONCE);
  const candidates = rules.rules.flatMap((rule) => {
    if (rule.about !== KINDS.image) return [];
    return (literalImages(rule.pathPatterns) ?? []).flatMap((path) => {
      const { registry, repository } = (rule as RuleOf<'image'>).source;
      const name = { registry, repository: path === '' ? repository : `${repository}/${path}` };
      const text = formatReference(name);
      if (registry !== image.registry || text === own || names.has(text)) return [];
      names.add(text);
      return [{ name, text }];
    });
  });
  const found = await Promise.all(
    candidates.map(({ name, text }) =>
      limit(async () => {
        const repository = registries.open(name, { access: 'pull' });
        const head = await repository
          .headManifest(manifest.descriptor.digest)
          .catch(() => undefined);
        return head ? [text] : [];
      }),
    ),
  );
  return found.flat();
}
