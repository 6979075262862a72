import { formatReference } from '../shared/oci/reference';
import { matchTag } from '../shared/rules/match';
import type { SamplePush } from './images/sample-release';
import { findMissing, readImage } from './images/read';
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
    for (const { destination } of matchTag(rules, { registry, repository: path.join('/'), tag })) {
      const { digest } = await readImage(destination, destination.tag ?? '');
      const about = (problem: string) =>
        problems.push(`${formatReference(destination)}: ${problem}`);
      if (digest === undefined) about('there is no such tag');
      else if (digest !== content.root.digest) about(`${digest} instead of ${content.root.digest}`);
      else (await findMissing(content, destination)).forEach(about);
    }
  }
  return problems;
}
