import { InvalidReferenceError, parseReference } from '../../oci/reference';
import { apiHostOf, parseTemplateName } from './package';

it.each([
  [
    'us-kfp.pkg.dev/vendor/pipelines/train',
    {
      registry: 'us-kfp.pkg.dev',
      path: '/vendor/pipelines',
      parent: 'projects/vendor/locations/us/repositories/pipelines',
      package: 'train',
    },
  ],
  [
    'europe-west4-kfp.pkg.dev/vendor/pipelines',
    {
      registry: 'europe-west4-kfp.pkg.dev',
      path: '/vendor/pipelines',
      parent: 'projects/vendor/locations/europe-west4/repositories/pipelines',
    },
  ],
  [
    'us-kfp.pkg.dev/example.com:vendor/pipelines/train:v1',
    {
      registry: 'us-kfp.pkg.dev',
      path: '/example.com:vendor/pipelines',
      parent: 'projects/example.com:vendor/locations/us/repositories/pipelines',
      package: 'train',
    },
  ],
  [
    'us-kfp.localhost:5003/vendor/pipelines/train',
    {
      registry: 'us-kfp.localhost:5003',
      path: '/vendor/pipelines',
      parent: 'projects/vendor/locations/us/repositories/pipelines',
      package: 'train',
    },
  ],
  [
    '127.0.0.1:5003/vendor/pipelines/train',
    {
      registry: '127.0.0.1:5003',
      path: '/vendor/pipelines',
      parent: 'projects/vendor/locations/local/repositories/pipelines',
      package: 'train',
    },
  ],
])('%s', (text, name) => {
  expect(parseTemplateName(parseReference(text))).toEqual(name);
});

it.each(['us-kfp.pkg.dev/vendor', 'us-kfp.pkg.dev/vendor/pipelines/a/b'])(
  '%s is no template',
  (text) => {
    expect(() => parseTemplateName(parseReference(text))).toThrow(InvalidReferenceError);
  },
);

it.each([
  ['us-kfp.pkg.dev', 'artifactregistry.googleapis.com'],
  ['us-kfp.pkg.dev:443', 'us-kfp.pkg.dev:443'],
  ['us-kfp.pkg.dev.example.com', 'us-kfp.pkg.dev.example.com'],
  ['127.0.0.1:5003', '127.0.0.1:5003'],
])('%s has its API at %s', (registry, api) => {
  expect(apiHostOf(registry)).toBe(api);
});
