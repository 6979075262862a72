import { parseRules } from '../../kinds/rules';
import { ruleLines } from '../../../test/support/rule-lines';
import type { Rule } from '../rules';
import { findEdges } from './edges';

const PLACES = {
  us: 'us-docker.pkg.dev/v/r',
  eu: 'gcr.io/v/eu',
  asia: 'gcr.io/v/asia',
  deep: 'gcr.io/w/a/b',
  old: 'eu.gcr.io/v/hub',
  acme: 'gcr.io/acme',
  globex: 'gcr.io/globex',
};

/** Each as rule, hub and the rules that take by one pattern. */
function reported(rules: readonly Rule[]): string[] {
  const edges = findEdges(rules.map((rule, index) => ({ rule, index })));
  const lines = edges.map(({ from, hub, to }) => {
    const takers = to.entries.map(({ rule }) => rule.name).join('+');
    return `${from.rule.name} > ${hub.name} > ${takers}`;
  });
  // By a path below the source, and by the source itself.
  return [...new Set(lines)];
}

function edgeLines(...lines: string[]): string[] {
  return reported(parseRules(ruleLines(PLACES, lines)).rules);
}

describe('what goes on from where rules release to', () => {
  it.each<[string, string[], string[]]>([
    ['nothing', ['a: us -> eu', 'b: us -> acme'], []],
    ['what takes all', ['a: us -> eu', 'b: eu -> acme'], ['a > eu > b']],
    ['from that target alone', ['a: us -> globex+eu', 'b: eu -> acme'], ['a > eu > b']],
    [
      'each hop',
      ['a: us -> eu', 'b: eu -> asia', 'c: asia -> acme'],
      ['a > eu > b', 'b > asia > c'],
    ],
    [
      'each target apart',
      ['a: us -> eu+asia', 'b: eu -> acme', 'c: asia -> globex'],
      ['a > eu > b', 'a > asia > c'],
    ],
    ['what lies below a target', ['a: us -> eu', 'b: gcr.io/v/eu/x -> acme'], ['a > eu > b']],
    ['what lies around a target', ['a: us -> deep', 'b: gcr.io/w -> acme'], ['a > deep > b']],
    [
      'what has a second name',
      ['a: us -> old', 'b: europe-docker.pkg.dev/v/eu.gcr.io/hub -> acme'],
      ['a > old > b'],
    ],
    [
      'nothing of a neighbour',
      ['a: us -> eu', 'b: gcr.io/v/eu-2 -> acme', 'c: gcr.io/v/e -> globex'],
      [],
    ],
    [
      'nothing of other images',
      ['a: us -> eu, images: [x]', 'b: eu -> acme, images: [y, "x/*"]'],
      [],
    ],
    [
      'what `as` makes of it',
      [
        'a: us -> eu, images: [x], as: "y:{tag}"',
        'b: eu -> acme, images: [y]',
        'c: eu -> asia, images: [x]',
      ],
      ['a > eu > b'],
    ],
    [
      'those alone whose beginnings fit',
      [
        'out: us -> eu, images: ["m-*"]',
        ...['a', 'm', 'm-a', 'm-b', 'n', 'z'].map(
          (image) => `${image}: eu -> acme, images: [${image}]`,
        ),
        'many: eu -> asia, images: ["*-a"]',
      ],
      ['out > eu > many', 'out > eu > m-a', 'out > eu > m-b'],
    ],
    [
      'whatever their tags',
      ['a: us -> eu, tags: { include: [x] }', 'b: eu -> acme, tags: { include: [y] }'],
      ['a > eu > b'],
    ],
    [
      'one for all that take by one pattern',
      [
        'a: us -> eu, images: [x]',
        'a2: us -> globex, images: [x]',
        ...['b', 'c'].map(
          (name) => `${name}: eu -> acme, as: "${name}/{image}:{tag}", images: [x]`,
        ),
        ...['d', 'e'].map(
          (name) => `${name}: eu -> acme, as: "${name}/{image}:{tag}", images: [y]`,
        ),
      ],
      ['a > eu > b+c'],
    ],
    [
      'nothing of the source itself where that is not taken',
      ['a: us -> eu, images: [x]', 'b: gcr.io/v/eu/x -> acme, images: ["?*"]'],
      [],
    ],
    ['the source itself', ['a: us -> eu, images: [x]', 'b: gcr.io/v/eu/x -> acme'], ['a > eu > b']],
  ])('is %s', (_, lines, expected) => expect(edgeLines(...lines)).toEqual(expected));

  it('is asked of each kind apart', () => {
    const { rules } = parseRules(`
targets:
  hub: { bucket: gs://hub/in, repository: gcr.io/hub }
  acme: { bucket: gs://acme, repository: gcr.io/acme }
rules:
  - { name: a, source: gs://vendor, targets: [hub] }
  - { name: b, source: gs://hub, objects: ['in/x', 'out/y'], targets: [acme] }
  - { name: c, source: gs://hub, objects: ['out/**'], as: 'c/{object}', targets: [acme] }
  - { name: d, source: gcr.io/vendor, targets: [hub] }
`);
    expect(reported(rules)).toEqual(['a > hub > b']);
  });

  it('is found next to a target without a location for the kind of the rule', () => {
    const { rules } = parseRules(`
targets:
  hub: { bucket: gs://hub, repository: gcr.io/hub }
  acme: { bucket: gs://acme }
  globex: { repository: gcr.io/globex }
rules:
  - { name: a, source: gs://vendor, objects: [x], targets: [acme, hub] }
  - { name: b, source: gs://hub, objects: [x], as: 'b/{object}', targets: [acme] }
  - { name: d, source: gcr.io/vendor, images: [x], targets: [globex, hub] }
  - { name: e, source: gcr.io/hub, images: [x], as: 'e/{image}:{tag}', targets: [globex] }
`);
    expect(reported(rules)).toEqual(['a > hub > b', 'd > hub > e']);
  });

  it('is found at a whole bucket as below a folder of it, where no object is the folder itself', () => {
    const { rules } = parseRules(`
targets:
  hub: { bucket: gs://hub }
  acme: { bucket: gs://acme }
  globex: { bucket: gs://globex }
rules:
  - { name: a, source: gs://vendor, objects: ['x/**', 'y'], targets: [hub] }
  - { name: b, source: gs://hub, objects: ['x/*'], targets: [acme] }
  - { name: c, source: gs://hub/x, objects: ['q/*'], targets: [globex] }
  - { name: e, source: gs://hub/y, as: 'e/{object}', targets: [acme] }
  - { name: d, source: gs://hub, objects: ['*.bin', z], as: 'd/{object}', targets: [globex] }
`);
    expect(reported(rules)).toEqual(['a > hub > b', 'a > hub > c']);
  });
});
