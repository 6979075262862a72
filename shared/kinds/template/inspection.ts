import { createMemory, identityOf, type Access, type Inspection } from '../../inventory/inspection';
import { connectAtPace } from '../../inventory/pace';
import type { Digest } from '../../oci/digest';
import type { RepositoryName } from '../../oci/reference';
import type { Target } from '../../rules/rules';
import { judgeTag, type SourceTag } from '../tagged';
import { openTemplatePackage } from './open';
import type { TemplatePackage } from './package';
import { templateReference } from './reference';
import { onSide } from './sides';

type Tags = Pick<TemplatePackage, 'readTag'>;

/** Compares templates by the versions of their tags. */
export function openTemplateInspection(access: Access): Inspection<'template'> {
  const { openSource, openTarget } = openSides(access);
  /** By source tag: what it holds. */
  const held = createMemory<Digest | undefined>();
  const readSourceTag = (source: SourceTag): Promise<Digest | undefined> =>
    held(templateReference.format(templateReference.unpinned(source)), () =>
      openSource(source).readTag(source.tag),
    );

  return {
    resolve: ({ source }) => Promise.resolve(source.digest ?? readSourceTag(source)),
    async inspect(wanted, version, answered) {
      const { target, destination, source } = wanted;
      const there = await openTarget(target, destination).readTag(destination.tag ?? '');
      answered();
      const isMoved = there !== undefined && there !== version;
      // The tag may have moved since the list was made; then the target may be the one who knows better.
      const wantedNow = isMoved ? ((await readSourceTag(source)) ?? version) : version;
      return judgeTag(wanted, wantedNow, there);
    },
  };
}

/** Both keep to the pace of the run, and say which side failed. */
function openSides({ registries, traffic, pace, checkOf }: Access) {
  const pull = { access: 'pull', traffic } as const;
  const paced = connectAtPace(registries, pace);
  return {
    openSource: (name: RepositoryName): Tags =>
      onSide(openTemplatePackage(paced, name, pull), 'source'),
    openTarget: (target: Target, name: RepositoryName): Tags => {
      const checked = connectAtPace(registries, pace, checkOf(target));
      return onSide(
        openTemplatePackage(checked, name, { ...pull, ...identityOf(target) }),
        'target',
      );
    },
  };
}
