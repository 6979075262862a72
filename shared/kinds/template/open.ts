import type { OpenOptions, RegistryClient } from '../../oci/client';
import { emptyTraffic } from '../../oci/http/traffic';
import { formatReference, InvalidReferenceError, type RepositoryName } from '../../oci/reference';
import {
  apiHostOf,
  parseTemplateName,
  type TemplateName,
  type PackageContext,
  type TemplatePackage,
} from './package';
import { createContentEndpoints } from './content';
import { createTemplateList, type TemplateList } from './list';
import { createTagEndpoints } from './tags';

/**
 * Opens a package of templates, `LOCATION-kfp.pkg.dev/project/repository/package`, over the connections and with the tokens
 * of `client`. No request is sent.
 *
 * @throws {InvalidReferenceError} for a name that cannot be one.
 */
export function openTemplatePackage(
  client: Pick<RegistryClient, 'connect'>,
  name: RepositoryName,
  options: OpenOptions,
): TemplatePackage {
  const template = parseTemplateName(name);
  const { package: packageName } = template;
  if (packageName === undefined) {
    throw new InvalidReferenceError(formatReference(name), 'it names no package of templates');
  }
  const { traffic = emptyTraffic() } = options;
  const counted = { ...options, traffic };
  return createTemplatePackage(name, {
    name: { ...template, package: packageName },
    content: client.connect(hostOf(template), counted),
    api: client.connect({ ...hostOf(template), registry: apiHostOf(template.registry) }, counted),
    traffic,
  });
}

/** The package whose requests go over the connections of `context`. */
export function createTemplatePackage(
  { registry, repository }: RepositoryName,
  context: PackageContext,
): TemplatePackage {
  const tags = createTagEndpoints(context);
  return { registry, repository, ...tags, ...createContentEndpoints(context, tags.hasVersion) };
}

/** Lists the repository that `name` is, or is in. No request is sent. @throws {InvalidReferenceError} */
export function listTemplates(
  client: Pick<RegistryClient, 'connect'>,
  name: RepositoryName,
  options: Omit<OpenOptions, 'access'> = {},
): TemplateList {
  const template = parseTemplateName(name);
  const api = { ...hostOf(template), registry: apiHostOf(template.registry) };
  const connection = client.connect(api, { ...options, access: 'pull' });
  return createTemplateList(template, connection);
}

/** Tokens and pauses are for the repository, and not for one package. */
function hostOf({ registry, path }: TemplateName): RepositoryName {
  return { registry, repository: path.slice(1) };
}
