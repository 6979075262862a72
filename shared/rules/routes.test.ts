import { parseRules } from '../kinds/rules';
import { formatArtifact, parseArtifact } from '../kinds/references';
import { matchRelease } from './match';
import { releasesAlong, findRoutes } from './routes';

const rules = parseRules(`
targets:
  eu: { repository: gcr.io/v/eu }
  asia: { repository: gcr.io/v/asia }
  late: { repository: gcr.io/v/late, paused: true }
  acme: { repository: gcr.io/acme }
  globex: { repository: gcr.io/globex }
  initech: { repository: gcr.io/initech }
rules:
  - { name: out, source: registry.io/v/r, targets: [eu, late] }
  - { name: on, source: gcr.io/v/eu, targets: [asia, acme], as: 'x/{image}:{tag}' }
  - { name: same, source: gcr.io/v/eu, images: ['*'], targets: [acme], as: 'x/{image}:{tag}' }
  - { name: last, source: gcr.io/v/asia/x, tags: { include: ['v*'] }, targets: [globex] }
  - { name: never, source: gcr.io/v/late, targets: [initech] }
`);

describe('where a release goes, and goes on from hubs', () => {
  it.each([
    [
      'registry.io/v/r/api:v1',
      [
        'out > eu gcr.io/v/eu/api:v1',
        'out > late gcr.io/v/late/api:v1',
        'on > asia gcr.io/v/asia/x/api:v1',
        'on > acme gcr.io/acme/x/api:v1',
        'last > globex gcr.io/globex/api:v1',
      ],
    ],
    [
      'registry.io/v/r/api:latest',
      [
        'out > eu gcr.io/v/eu/api:latest',
        'out > late gcr.io/v/late/api:latest',
        'on > asia gcr.io/v/asia/x/api:latest',
        'on > acme gcr.io/acme/x/api:latest',
      ],
    ],
    ['gcr.io/v/asia/x/api:v1', ['last > globex gcr.io/globex/api:v1']],
    ['registry.io/v/other:v1', []],
  ])('of %s is once each', (name, expected) => {
    const copies = releasesAlong(rules, parseArtifact(name), 0);
    expect(
      copies.map(
        ({ rule, target, destination }) =>
          `${rule.name} > ${target.name} ${formatArtifact(destination)}`,
      ),
    ).toEqual(expected);
  });

  it('follows each hub once, and lists routes with fewer hops first', () => {
    const copies = matchRelease(rules, parseArtifact('registry.io/v/r/api:v1'));
    const asked: string[] = [];
    const routes = findRoutes(rules, [...copies, ...copies], ({ target, destination }) => {
      asked.push(target.name);
      return matchRelease(rules, destination);
    });
    expect(asked).toEqual(['eu', 'late', 'asia', 'acme', 'initech', 'globex']);
    expect(
      routes.map(({ copy, before }) => `${before?.copy.target.name ?? ''} > ${copy.target.name}`),
    ).toEqual([
      ...[' > eu', ' > late', ' > eu', ' > late'],
      ...['eu > asia', 'eu > acme', 'late > initech', 'asia > globex'],
    ]);
  });
});
