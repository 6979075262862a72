import * as z from 'zod';
import { all } from '../../async/together';
import type { Connection } from '../../oci/client';
import type { Digest } from '../../oci/digest';
import { RegistryError } from '../../oci/http/errors';
import { isRepository, isTag, type RepositoryName } from '../../oci/reference';
import { lastOf, readAnswer, Tag, versionOf, type TemplateName } from './package';

/** One version of a template, as Artifact Registry lists it. */
export interface ListedTemplate {
  readonly package: string;
  readonly version: Digest;
  readonly tags: readonly string[];
  /** Absent for a version so new that only its tag was listed. */
  readonly uploadedAt?: Date;
  /** When the version was last updated, as the service counts it. Unset if the service does not return it. */
  readonly changedAt?: Date;
}

export interface TemplatePage {
  readonly templates: readonly ListedTemplate[];
  /** How to ask for the page after this one; absent on the last. */
  readonly next?: string;
}

export interface TemplateList {
  /**
   * All versions and tags of the next packages. What a reference cannot name (a package or tag with other characters) is
   * left out.
   *
   * @throws {RegistryError} {@link NetworkError}
   */
  page(from?: string): Promise<TemplatePage>;
  /** The same of one package; none when it is said twice that there is no such package. */
  package(name: string): Promise<readonly ListedTemplate[]>;
}

/** Each package takes two more requests, all of a page at once. */
const PACKAGES_A_PAGE = 16;
/** The service's own limit. */
const ITEMS_A_PAGE = 1000;

const Next = { nextPageToken: z.string().optional() };
const Packages = z.looseObject({
  packages: z.array(z.looseObject({ name: z.string() })).default([]),
  ...Next,
});
const Version = z.looseObject({
  name: z.string(),
  createTime: z.string(),
  updateTime: z.string().optional(),
});
const Versions = z.looseObject({
  versions: z.array(Version).default([]),
  ...Next,
});
const Tags = z.looseObject({ tags: z.array(Tag).default([]), ...Next });

/**
 * Lists by Artifact Registry's API: packages, and the versions and tags of each. A version's own `relatedTags` end at a
 * hundred.
 */
export function createTemplateList({ parent }: TemplateName, api: Connection): TemplateList {
  const get = <T>(
    schema: z.ZodType<T>,
    path: string,
    page: { readonly size: number; readonly token: string | undefined },
  ): Promise<T> => {
    const url = new URL(`/v1/${parent}/${path}`, api.origin);
    url.searchParams.set('pageSize', String(page.size));
    if (page.token !== undefined) url.searchParams.set('pageToken', page.token);
    return api.exchange({ method: 'GET', url, accept: [200] }, (response) =>
      readAnswer(response, schema),
    );
  };

  const getAll = async <T extends { readonly nextPageToken?: string }>(
    schema: z.ZodType<T>,
    path: string,
  ): Promise<T[]> => {
    const pages: T[] = [];
    for (let token: string | undefined, more = true; more;) {
      const page: T = await get(schema, path, { size: ITEMS_A_PAGE, token });
      pages.push(page);
      token = nextOf(page);
      more = token !== undefined;
    }
    return pages;
  };

  async function readPackage(packageName: string): Promise<ListedTemplate[] | undefined> {
    const path = `packages/${encodeURIComponent(packageName)}`;
    try {
      const [versions, tags] = await all([
        getAll(Versions, `${path}/versions`),
        getAll(Tags, `${path}/tags`),
      ]);
      return grouped(packageName, versions, tags);
    } catch (error) {
      if (error instanceof RegistryError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** It may have been deleted since it was listed or logged. One 404 may be spurious: asked twice. */
  const listPackage = async (packageName: string): Promise<ListedTemplate[]> =>
    (await readPackage(packageName)) ?? (await readPackage(packageName)) ?? [];

  return {
    package: listPackage,
    async page(from) {
      const page = await get(Packages, 'packages', { size: PACKAGES_A_PAGE, token: from });
      const names = page.packages.map(({ name }) => lastOf(name)).filter(isPackage);
      const templates = await all(names.map(listPackage));
      const next = nextOf(page);
      return { templates: templates.flat(), next };
    },
  };
}

/** The full references of a listed version: one for each of its tags. */
export function taggedReferences(
  { registry, repository }: RepositoryName,
  { package: name, version, tags }: ListedTemplate,
): (RepositoryName & { readonly tag: string; readonly digest: Digest })[] {
  return tags.map((tag) => ({
    registry,
    repository: `${repository}/${name}`,
    tag,
    digest: version,
  }));
}

function grouped(
  packageName: string,
  versionPages: readonly z.output<typeof Versions>[],
  tagPages: readonly z.output<typeof Tags>[],
): ListedTemplate[] {
  const times = new Map<Digest, Pick<ListedTemplate, 'uploadedAt' | 'changedAt'>>();
  const tagsOf = new Map<Digest, string[]>();
  for (const { name, createTime, updateTime } of versionPages.flatMap((page) => page.versions)) {
    const version = versionOf(name);
    if (version === undefined) continue;
    times.set(version, {
      uploadedAt: new Date(createTime),
      ...(updateTime !== undefined && { changedAt: new Date(updateTime) }),
    });
    tagsOf.set(version, []);
  }
  for (const { name, version } of tagPages.flatMap((page) => page.tags)) {
    const [tag, held] = [lastOf(name), versionOf(version)];
    if (held === undefined || !isTag(tag)) continue;
    tagsOf.set(held, [...(tagsOf.get(held) ?? []), tag]);
  }
  return [...tagsOf].map(([version, tags]) => ({
    package: packageName,
    version,
    tags,
    ...times.get(version),
  }));
}

function isPackage(name: string): boolean {
  return isRepository(name) && !name.includes('/');
}

/** The service ends a list with an empty token, or none. */
function nextOf({ nextPageToken }: { readonly nextPageToken?: string }) {
  return nextPageToken === '' ? undefined : nextPageToken;
}
