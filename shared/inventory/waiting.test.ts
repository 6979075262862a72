import { sourceTag } from '../../test/support/inventory';
import { formatArtifact } from '../kinds/references';
import { parseRules } from '../kinds/rules';
import { isDrift, jobsOf, type Finding, type State } from './finding';
import { leadsTo, rulesTowards, withWaiting } from './waiting';
import { selectWanted, type WantedFilter } from './wanted';

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
const reported = (all: readonly Finding[]) =>
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
  expect(reported(all)).toEqual([
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
  expect(reported(all)).toEqual([
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
  expect(reported(all)).toEqual([
    'eu stale europe-docker.pkg.dev/v/hub/api:1',
    'near missing gcr.io/near/api:1',
    'asia stale asia-docker.pkg.dev/v/hub/from-eu/api:1',
    'far waiting gcr.io/far/api:1',
  ]);
});

it.each<State>(['current', 'unreachable'])('is empty if the hub is %s', (state) => {
  const all = findings([us, 'eu', state], [eu, 'near', 'current']);
  expect(waitingAmong(all)).toEqual(all);
});

describe('what has to be compared to know who waits', () => {
  const named = (filter: WantedFilter) => rulesTowards(rules, filter).map(({ name }) => name);

  it.each<[string[], string[]]>([
    [['far'], ['out', 'on', 'far']],
    [['near'], ['out', 'near']],
    [['direct'], ['out']],
    [['eu'], ['out']],
  ])('is by the rules on the way to %j', (targets, expected) => {
    expect(named({ targets: new Set(targets) }).sort()).toEqual(expected.sort());
  });

  it('is by the rules on the way to a release alone', () => {
    expect(named({ releases: new Set(['gcr.io/elsewhere/api:1']) })).toEqual([]);
  });

  it('are the copies at hubs that lead to what passes', () => {
    const leads = leadsTo(rules, { targets: new Set(['far']) });
    const compared = selectWanted(rules, [sourceTag(us)]).filter(leads);
    expect(compared.map(({ target }) => target.name)).toEqual(['eu']);
  });
});
