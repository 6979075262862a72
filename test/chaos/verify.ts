import { listReferrers, readImage } from '../../local/images/read';
import type { Registry } from '../../local/registry/registry';
import type { Letter } from '../../shared/jobs/letters';
import { parseReference } from '../../shared/oci/reference';
import type { Role } from './customers';
import type { Expectation } from './model';

export interface Held {
  readonly name: string;
  readonly role: Role;
  /** Serves what the target has, without faults. */
  readonly mirror: Registry;
  /** What stands before an image's name in the target's repositories: `customer-0/vendor/`. */
  readonly prefix: string;
}

/** What is not as the moves alone say that it must be, for people: digest for digest, target by target. */
export async function differences(
  { tags, signatures }: Expectation,
  targets: readonly Held[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const target of targets) {
    const expected = tags.get(target.name)!;
    for (const [image, digests] of expected) {
      const digest = digests.at(-1)!;
      problems.push(...(await checkTag(target, image, digest, signatures.get(digest) ?? [])));
    }
    for (const image of await taggedImages(target)) {
      if (!expected.has(image)) problems.push(`${target.name} has ${image}, which is not for it`);
    }
  }
  return problems;
}

async function checkTag(
  { name, mirror, prefix }: Held,
  image: string,
  digest: string,
  signatures: readonly string[],
): Promise<string[]> {
  const colon = image.lastIndexOf(':');
  const location = {
    registry: mirror.address,
    repository: `${prefix}${image.slice(0, colon)}`,
  };
  const held = await readImage(location, image.slice(colon + 1));
  const problems = held.missing.map((what) => `${name} ${image} lacks ${what}`);
  if (held.digest !== digest) {
    problems.push(`${name} ${image} holds ${held.digest ?? 'nothing'}, not ${digest}`);
    return problems;
  }
  if (signatures.length === 0) return problems;
  const listed =
    (await listReferrers(location, held.digest)) ??
    (await readImage(location, digest.replace(':', '-'))).manifests
      .slice(1)
      .map((manifest) => manifest.digest);
  const lost = signatures.filter((signature) => !listed.includes(signature));
  return [...problems, ...lost.map((lack) => `${name} ${image} lacks the signature ${lack}`)];
}

async function taggedImages({ mirror, prefix }: Held): Promise<string[]> {
  const images: string[] = [];
  for (const repository of await mirror.repositories()) {
    const tags = (await mirror.tags(repository)).filter((tag) => !tag.startsWith('sha256-'));
    images.push(...tags.map((tag) => `${repository.slice(prefix.length)}:${tag}`));
  }
  return images;
}

/** A letter as the model names it. */
export function letterKey({
  reason,
  function: by = '',
  target = '',
  source,
  data,
}: Letter): string {
  return `${reason} ${by} ${target} ${source === undefined ? data : nameOf(source)}`;
}

/** The image and tag below the vendor's repository. */
function nameOf(source: string): string {
  const { repository, tag = '' } = parseReference(source);
  return `${repository.split('/').slice(2).join('/')}:${tag}`;
}
