import { formatReference, type Reference } from '../shared/oci/reference';
import { formatArtifact } from '../shared/kinds/references';
import { matchArtifact } from '../shared/rules/match';
import { releasesAlong } from '../shared/rules/ways';
import type { Image } from './images/content';
import type { SamplePush } from './images/sample-release';
import { findMissing, readImage } from './images/read';
import type { SampleArtifact } from './sample-artifacts';
import type { Stack } from './stack/stack';

/**
 * Asks the targets' registries, not the functions, what is missing of a release: for every image and destination of the
 * rules the tag's digest, and every manifest and blob below it and attached to it. Empty: all of it is there.
 */
export async function findAbsent(
  { source, rules }: Pick<Stack, 'source' | 'rules'>,
  pushes: readonly SamplePush[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const { image, tag, content } of pushes) {
    const [registry = '', ...path] = `${source}/${image}`.split('/');
    const release = { registry, repository: path.join('/'), tag };
    for (const { kind, target, destination } of releasesAlong(rules, release)) {
      if (kind !== 'image' || target.paused) continue;
      const found = await compare(content, destination).catch((error: unknown) => [String(error)]);
      problems.push(...found.map((problem) => `${formatReference(destination)}: ${problem}`));
    }
  }
  return problems;
}

/** The same of what is no image. */
export async function findAbsentArtifacts(
  { rules }: Pick<Stack, 'rules'>,
  artifacts: readonly SampleArtifact[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const { source, problemAt } of artifacts) {
    for (const { destination } of matchArtifact(rules, source)) {
      const problem = await problemAt(destination);
      if (problem !== undefined) problems.push(`${formatArtifact(destination)}: ${problem}`);
    }
  }
  return problems;
}

async function compare(content: Image, destination: Reference): Promise<readonly string[]> {
  const { digest } = await readImage(destination, destination.tag ?? '');
  if (digest === undefined) return ['there is no such tag'];
  if (digest !== content.root.digest) return [`${digest} instead of ${content.root.digest}`];
  return findMissing(content, destination);
}
