import { sourceTag } from '../../test/support/inventory';
import { parseRules } from '../kinds/rules';
import { tagOf } from '../kinds/references';
import { selectWanted, type WantedFilter } from './wanted';

const SOURCE = 'us-docker.pkg.dev/vendor/releases';
const rules = parseRules(`targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: us-docker.pkg.dev/globex/vendor }
rules:
  - { name: stable, source: ${SOURCE}, images: ['**'], tags: { semver: '*' }, targets: [acme, globex] }
  - { name: nightly, source: ${SOURCE}/api, tags: { include: [nightly] }, targets: [acme] }
`);

const tags = [
  sourceTag(`${SOURCE}/api:1.10.0`),
  sourceTag(`${SOURCE}/api:1.9.0`),
  sourceTag(`${SOURCE}/api:nightly`, { day: 3 }),
  sourceTag(`${SOURCE}/api:1.8.1`, { day: 2 }),
  sourceTag(`${SOURCE}/api:1.8.0`, { day: 1 }),
  sourceTag(`${SOURCE}/workers/mail:2.0.0`, { day: 4 }),
  sourceTag(`${SOURCE}/api:sha256-${'a'.repeat(64)}.sig`),
  sourceTag(`${SOURCE}/api:draft`),
];

const select = (filter: WantedFilter = {}) =>
  selectWanted(rules, tags, filter).map(
    ({ rule, target, image, source }) => `${rule.name} ${target.name} ${image}:${tagOf(source)}`,
  );

it('wants what the rules release, oldest first, and versions in their order where no time is known', () => {
  expect(select({ targets: new Set(['acme']) })).toEqual([
    'stable acme api:1.9.0',
    'stable acme api:1.10.0',
    'stable acme api:1.8.0',
    'stable acme api:1.8.1',
    'nightly acme api:nightly',
    'stable acme workers/mail:2.0.0',
  ]);
});

it.each<[string, WantedFilter, string[]]>([
  ['one rule', { rules: new Set(['nightly']) }, ['nightly acme api:nightly']],
  [
    'images',
    { image: (image) => image.startsWith('workers/') },
    ['stable acme workers/mail:2.0.0', 'stable globex workers/mail:2.0.0'],
  ],
  ['tags', { tag: (tag) => tag === 'nightly' }, ['nightly acme api:nightly']],
  [
    'a day, and what has no time',
    { since: new Date('2026-11-02T12:00:00Z'), targets: new Set(['globex']) },
    ['stable globex api:1.9.0', 'stable globex api:1.10.0', 'stable globex workers/mail:2.0.0'],
  ],
  [
    'the newest of each image, rule and target',
    { newest: 1, targets: new Set(['acme']) },
    ['stable acme api:1.8.1', 'nightly acme api:nightly', 'stable acme workers/mail:2.0.0'],
  ],
])('narrows it to %s', (_, filter, expected) => {
  expect(select(filter)).toEqual(expected);
});

it.each([
  ['what is no version by its name', ['b', 'a', 'c'], ['a', 'b', 'c']],
  [
    "Helm's builds of a version as versions",
    ['1.10.0_2', '1.9.0_10', '1.9.0_9'],
    ['1.9.0_9', '1.9.0_10', '1.10.0_2'],
  ],
])('orders %s', (_what, tags, ordered) => {
  const names = tags.map((tag) => sourceTag(`${SOURCE}/api:${tag}`));
  const any = parseRules(`targets: { acme: { repository: us-docker.pkg.dev/acme/vendor } }
rules: [{ name: all, source: ${SOURCE}, targets: [acme] }]`);
  expect(selectWanted(any, names).map(({ source }) => tagOf(source))).toEqual(ordered);
});
