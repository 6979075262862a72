import { parseRules } from '../../kinds/rules';
import { findEdges } from './edges';

it('a cycle is looked for in ten thousand rules of as many hubs as there are', () => {
  const hubs = Array.from(
    { length: 100 },
    (_, at) => `  hub-${at}: { repository: gcr.io/hub-${at} }`,
  );
  const rules = Array.from({ length: 5000 }, (_, at) => [
    `  - { name: to-${at}, source: gcr.io/v, images: [i-${at}, 'w/${at}/**'], targets: [hub-${at % 100}] }`,
    `  - { name: of-${at}, source: gcr.io/hub-${at % 100}, images: [i-${at}], targets: [acme-${at % 100}] }`,
  ]);
  const customers = hubs.map((hub) => hub.replaceAll('hub-', 'acme-'));
  const text = ['targets:', ...hubs, ...customers, 'rules:', ...rules.flat()].join('\n');
  expect(parseRules(text).rules).toHaveLength(10_000);
  const looped = text.replace(/acme-0: .*/, 'acme-0: { repository: gcr.io/v }');
  expect(() => parseRules(looped)).toThrow('a cycle: "to-0" copies gcr.io/v to gcr.io/hub-0/');
});

it('a cycle is looked for, too, where thousands take what thousands write', () => {
  const rules = Array.from({ length: 2000 }, (_, at) => [
    `  - { name: to-${at}, source: gcr.io/v, images: ['s-*', 'w/${at}/**'], targets: [hub] }`,
    `  - { name: of-${at}, source: gcr.io/hub, images: ['s-*', 'w/${at}/**'], targets: [acme] }`,
  ]).flat();
  const places = ['  hub: { repository: gcr.io/hub }', '  acme: { repository: gcr.io/acme }'];
  const text = ['targets:', ...places, 'rules:', ...rules].join('\n');
  const entries = parseRules(text).rules.map((rule, index) => ({ rule, index }));
  // One for each pattern of a rule, not one for each pair of rules.
  expect(findEdges(entries)).toHaveLength(3 * 2000);
  const looped = text.replace('gcr.io/acme', 'gcr.io/v');
  expect(() => parseRules(looped)).toThrow('a cycle: "to-0" copies gcr.io/v to gcr.io/hub/');
});
