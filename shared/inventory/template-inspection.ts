import type { Digest } from '../oci/digest';
import type { RepositoryName } from '../oci/reference';
import type { Target } from '../rules/rules';
import type { TemplatePackage } from '../kinds/template/package';
import { onSide } from '../kinds/template/sides';
import { createMemory, judgeTag, type Inspection } from './inspection';
import { releaseName, type SourceTag } from './release';
import type { WantedTag } from './wanted';

type Tags = Pick<TemplatePackage, 'readTag'>;

export interface TemplateInspectionDeps {
  /** Both keep to the pace of the run. */
  readonly openSourceTemplate: (name: RepositoryName) => TemplatePackage;
  readonly openTargetTemplate: (target: Target, name: RepositoryName) => TemplatePackage;
}

/** Compares templates by the versions of their tags. */
export function createTemplateInspection(deps: TemplateInspectionDeps): Inspection<WantedTag> {
  /** By source tag: what it holds. */
  const held = createMemory<Digest | undefined>();
  const readSourceTag = (source: SourceTag): Promise<Digest | undefined> =>
    held(releaseName(source), () => {
      const opened: Tags = onSide(deps.openSourceTemplate(source), 'source');
      return opened.readTag(source.tag);
    });

  return {
    resolve: ({ source }) => Promise.resolve(source.digest ?? readSourceTag(source)),
    async inspect(wanted, version, answered) {
      const { target, destination, source } = wanted;
      const opened: Tags = onSide(deps.openTargetTemplate(target, destination), 'target');
      const there = await opened.readTag(destination.tag);
      answered();
      const isMoved = there !== undefined && there !== version;
      // The tag may have moved since the list was made; then the target may be the one who knows better.
      const wantedNow = isMoved ? ((await readSourceTag(source)) ?? version) : version;
      return judgeTag(wanted, wantedNow, there);
    },
  };
}
