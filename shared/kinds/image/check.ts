import type { Check } from '../../doctor/check';
import { grantOnRepository } from '../../doctor/fixes';
import type { CheckKind } from '../../doctor/kind';
import { artifactRegistryName } from '../../google/artifact-registry-name';
import {
  formatReference,
  isGoogleRegistry,
  referenceTo,
  type RepositoryName,
} from '../../oci/reference';
import { requirementsOf, type Target } from '../../rules/rules';
import { checkTarget } from './check-target';
import { whyHeld } from './gate';
import { imageRules, stopsBeforeRepository } from './rule';

/** What stands between a push and its targets, for images. */
export const imageChecks: CheckKind<'image'> = {
  about: imageRules,
  registryOf: ({ registry }) => registry,
  takesGoogleToken: ({ registry }) => isGoogleRegistry(registry),
  checkPlace: (about, place, target) => [
    ...checkPath(about, place),
    ...(target === undefined ? [] : checkAccount(about, place, target)),
  ],
  release: 'tag',
  readRelease: (release, { open }) => open(release).headManifest(release.tag),
  async readStatements(release, rule, { open, statementsOf }) {
    const digest = release.digest ?? (await open(release).headManifest(release.tag))?.digest;
    if (digest === undefined) return undefined;
    const statements = await statementsOf(release, digest, requirementsOf([rule]));
    const proof = statements.underTag(release.tag);
    return whyHeld(referenceTo(release, release.tag), proof)?.message;
  },
  async readHalts(release, { haltsOf, open }) {
    const digest = release.digest ?? (await open(release).headManifest(release.tag))?.digest;
    return digest && (await haltsOf?.(release, digest))?.unreadable;
  },
  readGrant(place, { nameOf, copier }) {
    const name = nameOf(place);
    return name && grantOnRepository(name, 'reader', copier);
  },
  events: {
    gcrProjectOf: (place, own) =>
      isGoogleRegistry(place.registry) ? artifactRegistryName(place)?.parent.split('/')[1] : own,
  },
  checkTarget,
};

function checkPath(about: string, place: RepositoryName): Check[] {
  if (!stopsBeforeRepository(place)) return [];
  return [
    {
      about,
      what: 'name',
      state: 'wrong',
      found: `${formatReference(place)} names no repository`,
      fix: 'Write LOCATION-docker.pkg.dev/PROJECT/REPOSITORY.',
    },
  ];
}

function checkAccount(
  about: string,
  { registry }: RepositoryName,
  { impersonate }: Target,
): Check[] {
  if (impersonate === undefined || isGoogleRegistry(registry)) return [];
  return [
    {
      about,
      what: 'impersonate',
      state: 'wrong',
      found: `${registry} does not accept Google accounts`,
      fix: 'Remove `impersonate`: credentials of other registries come from the Docker config file (Terraform: docker_config).',
    },
  ];
}
