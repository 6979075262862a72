import type { KindName } from '../../shared/rules/artifact';
import type { CustomerPlan } from './customers';

/** Where the rules find the artifacts of a kind, and where they put them. */
interface Places {
  readonly source: string;
  readonly placeOf: (customer: string) => string;
}

/** Text of rules.yaml: everything is for everyone. */
export function rulesFor(
  customers: readonly CustomerPlan[],
  { image, template, object }: Readonly<Record<KindName, Places>>,
): string {
  const all = customers.map(({ name }) => name).join(', ');
  const targets = customers.map(
    ({ name }) => `  ${name}:
    repository: ${image.placeOf(name)}
    templates: ${template.placeOf(name)}
    bucket: ${object.placeOf(name)}`,
  );
  return `targets:
${targets.join('\n')}
rules:
  - { name: images, source: ${image.source}, targets: [${all}] }
  - { name: templates, source: ${template.source}, targets: [${all}] }
  - { name: objects, source: ${object.source}, targets: [${all}] }
`;
}
