import type { Attempt } from '../copying/attempt';
import type { CheckKinds, EventDeps, SourceDeps, TargetDeps } from '../doctor/kind';
import { PUBSUB_AGENT } from '../doctor/deployment';
import { checkEvents } from '../doctor/events';
import { checkSettings } from '../doctor/settings';
import { checkSource } from '../doctor/source';
import { checkTarget } from '../doctor/target';
import { describeAccess } from '../google/access';
import type { InventoryDeps } from '../inventory/inventory';
import { openInventory } from '../inventory/inventory';
import { jobsOf } from '../inventory/finding';
import type { InventoryKinds } from '../inventory/inspection';
import { listSources } from '../inventory/source';
import { selectWanted } from '../inventory/wanted';
import { createCopyJobs } from '../jobs/copy-job';
import { createEvents, jobsFor, type Planning } from '../jobs/events';
import { InvalidReferenceError } from '../oci/reference';
import { createReferences } from '../rules/artifact';
import { authorize } from '../rules/authorize';
import { explain } from '../rules/explain';
import { matchRelease } from '../rules/match';
import { createRulesParser } from '../rules/parse/parse';
import { createRulesSchema } from '../rules/parse/schema';
import { system } from '../system/system';
import { CHECK_KINDS } from './checks';
import { createCopier } from './copies';
import { imageEvents } from './image/event';
import { imageReference } from './image/reference';
import { imageRules } from './image/rule';
import { INVENTORY_KINDS } from './listings';
import { repositoryAccess } from './common/repository-access';

/**
 * A kind that is nowhere but here: toys on shelves, `toy://shelf/bear#2`. Images are beside it, as the kind that takes all
 * else. To the compiler it is none, so that no other table lacks it.
 */
interface Toy {
  readonly kind: 'toy';
  readonly shelf: string;
  readonly name: string;
  readonly made?: string;
}
interface Shelf {
  readonly shelf: string;
}

/** What stands on each shelf. */
const shelves = new Map<string, Map<string, string>>();
const on = (shelf: string) => {
  const there = shelves.get(shelf) ?? new Map<string, string>();
  shelves.set(shelf, there);
  return there;
};
beforeEach(() => shelves.clear());

const beside = (image: unknown, toy: unknown) => ({ image, toy }) as never;

const toyReference = {
  recognizes: (text: string) => text.startsWith('toy://'),
  parse(text: string): Toy {
    const [, shelf, name, made] = /^toy:\/\/([a-z]+)\/([a-z]+)(?:#(\d+))?$/.exec(text) ?? [];
    if (shelf === undefined || name === undefined) {
      throw new InvalidReferenceError(text, 'it names no shelf', 'a toy');
    }
    return { kind: 'toy', shelf, name, ...(made !== undefined && { made }) };
  },
  format: ({ shelf, name, made }: Toy) =>
    `toy://${shelf}/${name}${made === undefined ? '' : `#${made}`}`,
  nameOf: (named: Toy | Shelf) => `toy://${named.shelf}${'name' in named ? `/${named.name}` : ''}`,
  pathOf: (named: Toy | Shelf) => ('name' in named ? named.name : ''),
  canonical: (shelf: Shelf) => shelf,
  detailsOf: () => ({ isNameAlone: false, isAttachment: false }),
  unpinned: ({ shelf, name }: Toy) => ({ kind: 'toy', shelf, name }),
};

const toyRules = {
  name: 'toy',
  plural: 'toys',
  reference: toyReference,
  has: {
    tag: 'no',
    platforms: 'no',
    attachments: 'no',
    statements: 'no',
    images: 'no',
    naming: true,
  },
  place: {
    key: 'shelf',
    description: 'Where toys go.',
    examples: ['toy://acme'],
    problem: (text: string) => (/^toy:\/\/[a-z]+$/.test(text) ? undefined : 'is no shelf'),
    parse: (text: string): Shelf => ({ shelf: text.slice('toy://'.length) }),
  },
  paths: {
    key: 'toys',
    description: 'Which toys.',
    examples: ['bear'],
    all: '*',
    grammar: { allowed: /^[a-z]$/, what: 'a toy', mayFollow: () => true, mayEnd: () => true },
    mayBe: (path: string) => path !== '',
    refusal: () => undefined,
  },
  namingProblem: () => undefined,
  artifactAt: ({ shelf }: Shelf, name: string) =>
    name === '' ? undefined : { kind: 'toy', shelf, name },
  destinationAt: ({ shelf }: Shelf, name: string) => ({ kind: 'toy', shelf, name }),
};

const references = createReferences(beside(imageReference, toyReference));
const rules = createRulesParser(
  createRulesSchema(beside(imageRules, toyRules)),
  references,
)(`
targets: { acme: { shelf: 'toy://acme' }, globex: { repository: gcr.io/globex } }
rules:
  - { name: toys, source: 'toy://vendor', toys: [bear], targets: [acme] }
  - { name: images, source: gcr.io/vendor, targets: [globex] }
`);

const events = createEvents(
  beside(imageEvents, {
    recognizes: { attributes: (attributes: object) => 'toy' in attributes },
    parse: ({ attributes }: { attributes: Record<string, string> }) =>
      toyReference.parse(attributes['toy'] ?? ''),
    describe: toyReference.format,
    whyIgnored: ({ made }: Toy) => (made === undefined ? 'it was taken away' : undefined),
    plan: (all: typeof rules, toy: never) => Promise.resolve(jobsFor(toy, matchRelease(all, toy))),
  }),
);
const jobs = createCopyJobs(references);

const copy = createCopier(
  beside(
    () => Promise.reject(new Error('no image')),
    ({ source, destination }: Copied) => {
      on(destination.shelf).set(destination.name, on(source.shelf).get(source.name) ?? '');
      return Promise.resolve({ outcome: 'copied', destination: toyReference.format(destination) });
    },
  ),
);
interface Copied {
  readonly source: Toy;
  readonly destination: Toy;
}

const inventoryKinds: InventoryKinds = beside(INVENTORY_KINDS.image, {
  openListing:
    () =>
    ({ source: { shelf }, at }: { source: Shelf; at: string }) => ({
      key: at,
      page: () =>
        Promise.resolve({
          releases: [...on(shelf)].map(([name, made]) => ({ kind: 'toy', shelf, name, made })),
        }),
    }),
  openInspection: () => ({
    resolve: ({ source }: { source: Toy }) => Promise.resolve(source.made),
    inspect({ destination }: Copied, digest: string, answered: () => void) {
      answered();
      const held = on(destination.shelf).get(destination.name);
      const state = held === undefined ? 'missing' : held === digest ? 'current' : 'stale';
      return Promise.resolve({ digest, state, ...(held !== undefined && { held }) });
    },
  }),
});

const found = (about: string, what: string) => ({ about, what, state: 'ok', found: 'looked at' });
const checks: CheckKinds = beside(CHECK_KINDS.image, {
  about: toyRules,
  registryOf: () => undefined,
  takesGoogleToken: () => false,
  checkPlace: (about: string) => [found(about, 'name')],
  release: 'toy',
  readRelease: () => Promise.resolve(),
  readGrant: () => undefined,
  told: {
    topic: 'toys',
    publisher: PUBSUB_AGENT,
    check: ({ at }: { at: string }) => Promise.resolve([found(`source ${at}`, 'events')]),
  },
  checkTarget: ({ place }: { place: Shelf }) => Promise.resolve([found(place.shelf, 'shelf')]),
});

const open = () =>
  openInventory({
    kinds: inventoryKinds,
    clock: system.clock,
    emulatedHosts: [],
    requestsPerSecond: 100,
    attachments: true,
  } as unknown as InventoryDeps);

async function status() {
  const { listingOf, comparisonBy } = open();
  const [toys] = rules.rules;
  const releases = await listSources([toys!], listingOf);
  return comparisonBy(rules).compare(selectWanted(rules, releases), releases);
}

const told = {
  id: '1',
  data: Buffer.from(''),
  attributes: { toy: 'toy://vendor/bear#2' },
  publishTime: new Date(0),
};

it('goes from its event to its target, as any other kind does', async () => {
  on('vendor').set('bear', '2').set('doll', '1');
  expect((await status()).map(({ state, image }) => [image, state])).toEqual([['bear', 'missing']]);

  const event = events.parse(told);
  expect([events.isEvent(told), events.describe(event), events.whyIgnored(event)]).toEqual([
    true,
    'toy://vendor/bear#2',
    undefined,
  ]);
  const planned = await events.plan(rules, event, {} as Planning);
  const [message] = typeof planned === 'string' ? [] : planned.map(jobs.encode);
  expect(message?.attributes).toEqual({ kind: 'toy', target: 'acme', rule: 'toys' });
  const job = jobs.parse({ ...told, ...message! });
  const allowed = authorize(rules, job);
  if (!allowed.allowed) throw new Error(allowed.why);
  expect(allowed.copies).toHaveLength(1);
  expect((await copy(allowed.copies[0], {} as Attempt, rules)).destination).toBe('toy://acme/bear');

  expect(shelves.get('acme')).toEqual(new Map([['bear', '2']]));
  expect((await status()).map(({ state }) => state)).toEqual(['current']);
});

it('is repaired where a target differs, by a job for what its source holds', async () => {
  on('vendor').set('bear', '2');
  on('acme').set('bear', '1');
  const [job, ...others] = jobsOf(await status());
  expect(others).toStrictEqual([]);
  expect(job && references.format(job.source)).toBe('toy://vendor/bear#2');
});

it('is explained, and told apart from what is of no kind of its own', () => {
  const why = (text: string) => explain(rules, references.parse(text)).rules.map((one) => one.why);
  expect(why('toy://vendor/doll')).toEqual([
    'toys \'bear\' do not match "doll"',
    'source gcr.io/vendor does not hold toy://vendor/doll',
  ]);
  expect(references.parse('gcr.io/vendor/api:1').kind).toBe('image');
  expect(events.isEvent({ ...told, attributes: {}, data: Buffer.from('{}') })).toBe(false);
});

it('is looked at by the doctor, and known to Terraform', async () => {
  on('vendor').set('bear', '2');
  const deps = { kinds: checks, nameOf: () => undefined, copier: 'c' } as unknown as SourceDeps &
    EventDeps &
    TargetDeps;
  const [rule] = rules.rules;
  const [acme] = rules.targets;
  const asked = [
    ...(await checkSettings(rules, [acme!], {
      now: new Date(0),
      kinds: checks,
      findCredentials: () => Promise.resolve(undefined),
    })),
    ...(await checkSource(rule!, { ...deps, listingOf: open().listingOf })),
    ...(await checkEvents(rule!, { project: 'p', prefix: '' }, deps)),
    ...(await checkTarget(acme!, rules.rules, deps)),
  ];
  expect(asked.map(({ about, what, state }) => `${about} ${what} ${state}`)).toEqual([
    'rules syntax ok',
    'source toy://vendor name ok',
    'target acme name ok',
    'source toy://vendor list ok',
    'source toy://vendor read ok',
    'source toy://vendor events ok',
    'acme shelf ok',
  ]);
  const { access } = describeAccess(
    beside(
      { about: imageRules, ...repositoryAccess },
      {
        about: toyRules,
        partOf: ({ shelf }: Shelf) => ({ name: shelf, bucket: null, project: 'toys' }),
      },
    ),
    rules,
  );
  expect(access.kinds).toEqual(['image', 'toy']);
  expect(access.sources.map(({ name }) => name)).toEqual(['vendor', 'gcr.io/vendor']);
  expect(access.targets[0]?.places).toMatchObject([{ kind: 'toy', name: 'acme' }]);
});
