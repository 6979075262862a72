import { parseReference } from '../oci/reference';
import { artifactRegistryName } from './artifact-registry-name';

it.each([
  [
    'us-central1-docker.pkg.dev/vendor/releases/team/api',
    'projects/vendor/locations/us-central1/repositories/releases',
    'vendor/releases',
  ],
  [
    'europe-docker.pkg.dev/vendor/releases',
    'projects/vendor/locations/europe/repositories/releases',
    'vendor/releases',
  ],
  [
    'us-docker.pkg.dev/example.com/vendor/releases/api',
    'projects/example.com:vendor/locations/us/repositories/releases',
    'example.com/vendor/releases',
  ],
  [
    'us-west1-generic.pkg.dev/vendor/tools/cli',
    'projects/vendor/locations/us-west1/repositories/tools',
    'vendor/tools',
  ],
  ['gcr.io/vendor/api', 'projects/vendor/locations/us/repositories/gcr.io', 'vendor'],
  ['eu.gcr.io/vendor/api', 'projects/vendor/locations/europe/repositories/eu.gcr.io', 'vendor'],
  [
    '127.0.0.1:5050/vendor/releases/api',
    'projects/vendor/locations/local/repositories/releases',
    'vendor/releases',
  ],
])('%s is in %s', (name, parent, path) => {
  expect(artifactRegistryName(parseReference(name), ['127.0.0.1'])).toEqual({ parent, path });
});

it.each(['ghcr.io/vendor/api', 'us-docker.pkg.dev/vendor', '127.0.0.1:5050/vendor/releases'])(
  '%s is not in Artifact Registry, or no repository there',
  (name) => {
    expect(artifactRegistryName(parseReference(name))).toBeUndefined();
  },
);
