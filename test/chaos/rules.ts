import type { KindName } from '../../shared/rules/artifact';
import type { CustomerPlan, Role } from './customers';

/** Where the rules find the artifacts of a kind, and where they put them. */
interface Places {
  readonly source: string;
  readonly placeOf: (customer: string) => string;
}

const ALL = `tags: { include: [latest, stable, 'v*'], exclude: ['*-rc*'] }`;
const VERSIONS = `tags: { include: ['v*'], exclude: ['*-rc*'] }`;
const STABLE = 'tags: { include: [stable] }, immutable: true';

/**
 * Text of rules.yaml, which model.ts knows: tags that move are not for a registry that refuses to move them, and a customer
 * who is gone gets a few only.
 */
export function rulesFor(
  customers: readonly CustomerPlan[],
  { image, template, object }: Readonly<Record<KindName, Places>>,
): string {
  const named = (...roles: Role[]): string =>
    customers
      .filter(({ role }) => roles.includes(role))
      .map(({ name }) => name)
      .join(', ');
  const follow = named('plain', 'no referrers API', 'down for a while');
  const [first = ''] = follow.split(', ');
  const immutable = named('immutable tags');
  const revoked = named('revoked');
  const targets = customers.map(
    ({ name }) => `  ${name}:
    repository: ${image.placeOf(name)}
    templates: ${template.placeOf(name)}
    bucket: ${object.placeOf(name)}`,
  );
  const images = `source: ${image.source}, images`;
  const templates = `source: ${template.source}, templates`;
  const objects = `source: ${object.source}, objects`;
  return `targets:
${targets.join('\n')}
rules:
  - { name: releases, ${images}: [api, web, 'workers/**'], ${ALL}, targets: [${follow}] }
  - { name: versions, ${images}: [api, web, 'workers/**'], ${VERSIONS}, targets: [${immutable}] }
  - { name: revoked, ${images}: [api], ${VERSIONS}, targets: [${revoked}] }
  - { name: frozen, ${images}: [frozen], ${STABLE}, targets: [${first}] }
  - name: mainframe
    source: ${image.source}
    images: [mainframe]
    tags: { include: ['v*'] }
    platforms: [linux/s390x]
    targets: [${first}]
  - { name: pipelines, ${templates}: [train, score], ${ALL}, targets: [${follow}] }
  - name: pipeline-versions
    source: ${template.source}
    templates: [train, score]
    ${VERSIONS}
    immutable: true
    targets: [${immutable}]
  - { name: revoked-pipelines, ${templates}: [train], ${VERSIONS}, targets: [${revoked}] }
  - { name: frozen-pipelines, ${templates}: [frozen], ${STABLE}, targets: [${first}] }
  - { name: objects, ${objects}: ['models/**', 'data/**'], targets: [${follow}, ${immutable}] }
  - { name: revoked-models, ${objects}: ['models/**'], targets: [${revoked}] }
`;
}
