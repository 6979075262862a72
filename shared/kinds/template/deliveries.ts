import { createMemory, identityOf, type Access } from '../../inventory/inspection';
import type { Found } from '../../inventory/finding';
import { connectAtPace } from '../../inventory/pace';
import type { Wanted } from '../../inventory/wanted';
import type { Digest } from '../../oci/digest';
import { parseTemplateName } from './name';
import { listTemplates } from './open';

/** When each version of a package was uploaded. */
type Uploads = ReadonlyMap<Digest, Date>;

/**
 * Says when the version that a target's tag holds was uploaded there; Artifact Registry does not say when a tag was set.
 * Says nothing where nobody wants to know. A failure here fails no comparison.
 */
export function openDeliveries({ registries, registryFor, traffic, pace, checkOf }: Access) {
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
