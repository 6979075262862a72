import { sourceTag } from '../../test/support/inventory';
import { formatArtifact } from '../kinds/references';
import { parseRules } from '../kinds/rules';
import { isDrift, jobsOf, type Finding, type State } from './finding';
import { upstreamOf, withWaiting } from './waiting';
import { selectWanted } from './wanted';

const rules = parseRules(`targets:
  eu: { repository: europe-docker.pkg.dev/v/hub }
  asia: { repository: asia-docker.pkg.dev/v/hub }
  direct: { repository: gcr.io/direct }
  near: { repository: gcr.io/near }
  far: { repository: gcr.io/far }
rules:
  - { name: out, source: us-docker.pkg.dev/v/releases, targets: [eu, direct] }
  - { name: near, source: europe-docker.pkg.dev/v/hub, targets: [near] }
  - { name: on, source: europe-docker.pkg.dev/v/hub, as: 'from-eu/{image}:{tag}', targets: [asia] }
  - { name: far, source: asia-docker.pkg.dev/v/hub/from-eu, targets: [far] }
`);
const uploadedAt = new Date('2026-11-24T12:00:00Z');

/** What each place is found to hold of what its own source has. */
function findings(...states: readonly (readonly [source: string, target: string, state: State])[]) {
  return states.flatMap(([source, target, state]): Finding[] => {
    const wanted = selectWanted(rules, [{ ...sourceTag(source), uploadedAt }]);
    return wanted.filter((one) => one.target.name === target).map((one) => ({ ...one, state }));
  });
}
const waitingAmong = (all: readonly Finding[]) => withWaiting(rules, all, 0);
const told = (all: readonly Finding[]) =>
  all.map(
    ({ target, state, destination }) => `${target.name} ${state} ${formatArtifact(destination)}`,
  );

const us = 'us-docker.pkg.dev/v/releases/api:1';
const eu = 'europe-docker.pkg.dev/v/hub/api:1';
const asia = 'asia-docker.pkg.dev/v/hub/from-eu/api:1';

it('is who has what a hub has that is behind, over every hop', () => {
  const all = waitingAmong(
    findings(
      [us, 'eu', 'stale'],
      [us, 'direct', 'current'],
      [eu, 'near', 'current'],
      [eu, 'asia', 'current'],
      [asia, 'far', 'current'],
    ),
  );
  expect(told(all)).toEqual([
    'eu stale europe-docker.pkg.dev/v/hub/api:1',
    'direct current gcr.io/direct/api:1',
    'near waiting gcr.io/near/api:1',
    'asia waiting asia-docker.pkg.dev/v/hub/from-eu/api:1',
    'far waiting gcr.io/far/api:1',
  ]);
  expect(all.filter(isDrift).map(({ target }) => target.name)).toEqual(['eu']);
  expect(jobsOf(all).map(({ target }) => target)).toEqual(['eu']);
});

it('is who will get what a hub does not have yet', () => {
  const all = waitingAmong(findings([us, 'eu', 'missing'], [us, 'direct', 'missing']));
  expect(told(all)).toEqual([
    'eu missing europe-docker.pkg.dev/v/hub/api:1',
    'direct missing gcr.io/direct/api:1',
    'near waiting gcr.io/near/api:1',
    'asia waiting asia-docker.pkg.dev/v/hub/from-eu/api:1',
    'far waiting gcr.io/far/api:1',
  ]);
  expect(all.at(-1)?.source).toMatchObject({ uploadedAt });
});

it('is not who is late: who differs from his own hub', () => {
  const all = waitingAmong(
    findings(
      [us, 'eu', 'stale'],
      [eu, 'near', 'missing'],
      [eu, 'asia', 'stale'],
      [asia, 'far', 'current'],
    ),
  );
  expect(told(all)).toEqual([
    'eu stale europe-docker.pkg.dev/v/hub/api:1',
    'near missing gcr.io/near/api:1',
    'asia stale asia-docker.pkg.dev/v/hub/from-eu/api:1',
    'far waiting gcr.io/far/api:1',
  ]);
});

it.each<State>(['current', 'unreachable'])('is nobody where the hub is %s', (state) => {
  const all = findings([us, 'eu', state], [eu, 'near', 'current']);
  expect(waitingAmong(all)).toEqual(all);
});

describe('what has to be compared besides', () => {
  it.each<[string[], string[] | undefined, string[] | undefined]>([
    [['far'], ['on', 'out'], ['asia', 'eu']],
    [['near'], ['out'], ['eu']],
    [['direct'], undefined, undefined],
    [['eu'], undefined, undefined],
  ])('for %j', (targets, rulesBefore, hubs) => {
    const upstream = upstreamOf(rules, { targets: new Set(targets) });
    expect(upstream && [...upstream.rules!].sort()).toEqual(rulesBefore);
    expect(upstream && [...upstream.targets!].sort()).toEqual(hubs);
  });

  it('is nothing without hubs', () => {
    const plain = parseRules(
      'targets: { a: { repository: gcr.io/a } }\nrules: [{ name: r, source: gcr.io/v, targets: [a] }]',
    );
    expect(upstreamOf(plain, {})).toBeUndefined();
  });
});
