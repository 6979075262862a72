import { formatReference } from '../../oci/reference';
import { parseRules } from '../rules';
import { imageNamesAt } from './image-names';

const DIGEST = `sha256:${'0'.repeat(64)}`;

const rules = parseRules(`
targets:
  acme: { repository: eu-docker.pkg.dev/acme/in, templates: us-kfp.pkg.dev/acme/p }
  globex: { repository: gcr.io/globex }
rules:
  - { name: renamed, source: gcr.io/vendor/base, images: [py], as: 'base/{image}:v-{tag}', targets: [acme] }
  - name: releases
    source: gcr.io/vendor/releases
    images: [api, 'workers/*']
    tags: { include: [latest], semver: '>=1.0.0' }
    targets: [acme]
  - { name: slim, source: gcr.io/vendor/slim, platforms: [linux/amd64], as: 'slim/{image}:{tag}', targets: [acme] }
  - { name: others, source: gcr.io/vendor/others, targets: [globex] }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/p, rewriteImages: true, targets: [acme] }
`);
const [acme] = rules.targets;
const { nameOf, isOurs } = imageNamesAt(acme!, rules);
const at = (image: string): string | undefined => {
  const there = nameOf(image);
  return there && formatReference(there);
};

it.each([
  ['gcr.io/vendor/releases/api:1.2.0', 'eu-docker.pkg.dev/acme/in/api:1.2.0'],
  ['GCR.io/vendor/releases/workers/mail:1.2.0', 'eu-docker.pkg.dev/acme/in/workers/mail:1.2.0'],
  ['gcr.io/vendor/releases/api', 'eu-docker.pkg.dev/acme/in/api'],
  [`gcr.io/vendor/releases/api@${DIGEST}`, `eu-docker.pkg.dev/acme/in/api@${DIGEST}`],
  [`gcr.io/vendor/releases/api:1.2.0@${DIGEST}`, `eu-docker.pkg.dev/acme/in/api:1.2.0@${DIGEST}`],
  ['gcr.io/vendor/base/py:3', 'eu-docker.pkg.dev/acme/in/base/py:v-3'],
  ['gcr.io/vendor/base/py', 'eu-docker.pkg.dev/acme/in/base/py:v-latest'],
  [`gcr.io/vendor/base/py@${DIGEST}`, `eu-docker.pkg.dev/acme/in/base/py@${DIGEST}`],
])('%s is %s there', (image, there) => {
  expect(at(image)).toBe(there);
  expect(isOurs(image)).toBe(true);
});

it('marks what has another digest there than the one that it is named by', () => {
  const isAltered = (image: string) => nameOf(image)?.isAltered;
  expect(isAltered(`gcr.io/vendor/slim/x@${DIGEST}`)).toBe(true);
  expect(isAltered(`gcr.io/vendor/slim/x:1@${DIGEST}`)).toBe(true);
  expect(isAltered('gcr.io/vendor/slim/x:1')).toBeUndefined();
  expect(isAltered(`gcr.io/vendor/releases/api@${DIGEST}`)).toBeUndefined();
});

it.each([
  ['a tag that no rule passes', 'gcr.io/vendor/releases/api:0.9.0', true],
  ['and a digest as well', `gcr.io/vendor/releases/api:0.9.0@${DIGEST}`, true],
  ['an image that no rule passes', 'gcr.io/vendor/releases/web:1.2.0', true],
  ['an image for another target', 'gcr.io/vendor/others/x:1', true],
  ['an image of another vendor', 'ghcr.io/else/x:1', false],
  ['an image of Docker Hub', 'python:3.12', false],
  ['a template', 'us-kfp.pkg.dev/vendor/p/train:1', false],
  ['an object', 'gs://vendor/x', false],
  ['what is filled in later', "{{$.inputs.parameters['image']}}", false],
  ['nothing', '', false],
])('%s has no name there', (_name, image, ours) => {
  expect(at(image)).toBeUndefined();
  expect(isOurs(image)).toBe(ours);
});
