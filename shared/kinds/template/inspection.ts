import { FAILURES } from '../../delivery/failures';
import type { Found } from '../../inventory/finding';
import {
  createMemory,
  identityOf,
  type Access,
  type Inspection,
  type InventoryKind,
  type ListingOfKind,
} from '../../inventory/inspection';
import { atPace, connectAtPace } from '../../inventory/pace';
import type { Wanted } from '../../inventory/wanted';
import type { Digest } from '../../oci/digest';
import {
  formatReference,
  referenceTo,
  type Reference,
  type RepositoryName,
} from '../../oci/reference';
import type { Rules, Target } from '../../rules/rules';
import type { SourceRelease } from '../../rules/artifact';
import { compareTag } from '../common/tagged';
import { download } from './copy-context';
import { imageNamesAt } from './image-names';
import {
  whyHeld,
  type TargetImage,
  hasImage,
  type Pipeline,
  pipelineIn,
  renameTemplate,
} from './images/images';
import { openTemplatePackage, listTemplates } from './open';
import { type TemplatePackage, parseTemplateName } from './package';
import { templateReference } from './rule';
import { packageOnSide, listOnSide } from './sides';
import { taggedReferences, type ListedTemplate, type TemplateList } from './list';

/** How sources of templates are listed, and targets compared with them. */
export const templateInventory: InventoryKind<'template'> = {
  list: (rule, access) => openTemplateListing(access)(rule),
  openInspection: openTemplateInspection,
};

/**
 * Compares templates by the versions of their tags; where images are renamed, by the version that the source's becomes at
 * the target.
 */
function openTemplateInspection(access: Access, rules: Rules): Inspection<'template'> {
  const { openSource, openTarget, isThere } = openSides(access);
  /** By source tag: what it holds. */
  const held = createMemory<Digest | undefined>();
  const readSourceTag = (source: SourceRelease<'template'>): Promise<Digest | undefined> =>
    held(templateReference.format(templateReference.unpinned(source)), () =>
      openSource(source).readTag(source.tag),
    );
  const { versionFor, imagesIn } = openRenaming(rules, openSource);
  const images = createMemory<boolean>();
  const deliveryOf = openDeliveries(access);

  /** What only waits for its images is no drift. */
  async function orHeld({ destination, target }: Wanted<'template'>, found: Found): Promise<Found> {
    if (found.state === 'current' || found.trouble) return found;
    const name = templateReference.format(destination);
    const why = await whyHeld(name, imagesIn(found.digest), {
      isThere: (image) =>
        images(`${target.name} ${formatReference(image)}`, () => isThere(target, image)),
    });
    if (!why) return found;
    const { reason, message: error } = why;
    return { ...found, state: 'held', trouble: { reason, error, remedy: FAILURES[reason].remedy } };
  }

  return {
    async resolve(wanted) {
      const version = wanted.source.digest ?? (await readSourceTag(wanted.source));
      return version && versionFor(wanted, version);
    },
    async inspect(wanted, version, answered) {
      const { target, destination, source } = wanted;
      const there = await openTarget(target, destination).readTag(destination.tag ?? '');
      answered();
      if (there === undefined) return orHeld(wanted, compareTag(wanted, version));
      if (there === version) {
        return { ...compareTag(wanted, version, there), ...(await deliveryOf(wanted, there)) };
      }
      // The tag may have moved since the list was made, and the target may already hold the newer version.
      const now = await readSourceTag(source);
      const wantedNow = now === undefined ? version : await versionFor(wanted, now);
      return orHeld(wanted, compareTag(wanted, wantedNow, there));
    },
  };
}

/** How many parsed templates are remembered: one that goes to many targets is compared with one after another. */
const REMEMBERED_PIPELINES = 100;

function openRenaming(rules: Rules, openSource: (name: RepositoryName) => TemplatePackage) {
  const pipelines = createRecent<Pipeline>(REMEMBERED_PIPELINES);
  const names = new Map<Target, ReturnType<typeof imageNamesAt>>();
  /** By the version at a target, which is the digest of the text with its new names. */
  const images = new Map<string, readonly TargetImage[]>();

  function namesAt(target: Target) {
    const known = names.get(target) ?? imageNamesAt(target, rules);
    names.set(target, known);
    return known;
  }

  /** What the target is to hold of a version of the source. @throws {UncopyableError} */
  const versionFor = async (wanted: Wanted<'template'>, version: Digest): Promise<Digest> => {
    const { rule, source, target } = wanted;
    if (!rule.rewriteImages) return version;
    const reference = referenceTo(source, version);
    const pipeline = await pipelines(reference, async () =>
      pipelineIn(reference, await download(openSource(source), version)),
    );
    const renamed = renameTemplate(pipeline, namesAt(target));
    images.set(renamed.version, renamed.images);
    return renamed.version;
  };
  return {
    versionFor,
    /** Of a template whose images were renamed, and of no other. */
    imagesIn: (version = ''): readonly TargetImage[] => images.get(version) ?? [],
  };
}

/** All keep to the pace of the run, and say which side failed. */
function openSides({ registries, traffic, pace, checkOf }: Access) {
  const pull = { access: 'pull', traffic } as const;
  const paced = connectAtPace(registries, pace);
  return {
    openSource: (name: RepositoryName): TemplatePackage =>
      packageOnSide(openTemplatePackage(paced, name, pull), 'source'),
    openTarget: (target: Target, name: RepositoryName): Pick<TemplatePackage, 'readTag'> => {
      const checked = connectAtPace(registries, pace, checkOf(target));
      const opened = openTemplatePackage(checked, name, { ...pull, ...identityOf(target) });
      return packageOnSide(opened, 'target');
    },
    isThere: (target: Target, image: Reference): Promise<boolean> => {
      const opened = registries.open(image, { ...pull, ...identityOf(target) });
      return hasImage(atPace(opened, pace, checkOf(target)), image);
    },
  };
}

function openTemplateListing(access: Access): ListingOfKind<'template'> {
  const { registries, pace, traffic } = access;
  const paced = connectAtPace(registries, pace);
  return listTemplateTags((source) =>
    listOnSide(source, listTemplates(paced, source, { traffic }), 'source'),
  );
}

/** The list alone has all that a comparison needs: no request for a single template. */
export function listTemplateTags(
  open: (source: RepositoryName) => Pick<TemplateList, 'page'>,
): ListingOfKind<'template'> {
  return ({ source }) => {
    const tagsOf = (listed: ListedTemplate): SourceRelease<'template'>[] =>
      taggedReferences(source, listed).map((tagged) => ({
        kind: 'template',
        ...tagged,
        uploadedAt: listed.uploadedAt,
      }));
    return {
      key: formatReference(source),
      async page(from) {
        const { templates, next } = await open(source).page(from);
        return { releases: templates.flatMap(tagsOf), next };
      },
    };
  };
}

/** When each version of a package was uploaded. */
type Uploads = ReadonlyMap<Digest, Date>;

/**
 * Says when the version that a target's tag holds was uploaded there; Artifact Registry does not say when a tag was set.
 * Says nothing where delivery times are not wanted. A failure here fails no comparison.
 */
function openDeliveries({ registries, registryFor, traffic, pace, checkOf }: Access) {
  /** By account and package. */
  const uploads = createMemory<Uploads>();

  async function uploadsOf({ target, destination }: Wanted<'template'>): Promise<Uploads> {
    const { package: name = '' } = parseTemplateName(destination);
    const checked = connectAtPace(registries, pace, checkOf(target));
    const list = listTemplates(checked, destination, { traffic, ...identityOf(target) });
    const versions = await list.package(name);
    return new Map(
      versions.flatMap(({ version, uploadedAt }) => (uploadedAt ? [[version, uploadedAt]] : [])),
    );
  }

  return async (
    wanted: Wanted<'template'>,
    version: Digest,
  ): Promise<Pick<Found, 'deliveredAt'>> => {
    if (registryFor === undefined) return {};
    const { registry, repository } = wanted.destination;
    const key = `${wanted.target.impersonate ?? ''} ${registry}/${repository}`;
    const found = await uploads(key, () => uploadsOf(wanted)).catch((): Uploads => new Map());
    const deliveredAt = found.get(version);
    return deliveredAt === undefined ? {} : { deliveredAt };
  };
}

/** Reads something once for each key, and remembers the last `most` of them. What fails is not remembered. */
function createRecent<T>(most: number): (key: string, read: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key, read) => {
    const found = known.get(key);
    if (found) return found;
    const reading = read();
    known.set(key, reading);
    reading.catch(() => known.delete(key));
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    return reading;
  };
}
