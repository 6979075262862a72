import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { deployedSubscriptions } from '../../local/subscriptions';
import { CHECK_KINDS } from '../support/check-kinds';
import { events } from '../../shared/kinds/messages';
import { KIND_NAMES, KINDS } from '../../shared/kinds/kinds';
import { parseRules } from '../../shared/kinds/rules';
import type { KindName } from '../../shared/rules/artifact';
import { placeAt } from '../../shared/rules/kind';
import type { Target } from '../../shared/rules/rules';
import { readTerraform, type Block, type Terraform } from './terraform';

const modules = join(__dirname, '..', '..', 'infra', 'modules');

const API = 'google.devtools.artifactregistry.v1.ArtifactRegistry';
/** What the audit log has of each kind, and whether planCopies heeds it; none of a kind with other events. */
const LOGGED: Readonly<Record<KindName, readonly (readonly [method: string, heeded: boolean])[]>> =
  {
    image: [],
    template: [
      ['Kfp-UploadPackage', true],
      [`${API}.UploadKfpArtifact`, true],
      [`${API}.CreateTag`, true],
      [`${API}.UpdateTag`, true],
      [`${API}.DeleteTag`, false],
      ['Kfp-DownloadFile', false],
      ['Docker-PutManifest', false],
    ],
    object: [],
  };
const GrantRoles = z.record(z.string(), z.object({ write: z.string(), read: z.string() }));
const Validated = z.object({ validation: z.array(z.object({ condition: z.string() })) });

let vendor: Terraform;
let target: Terraform;
let auditMethods: Readonly<Record<string, string>>;

beforeAll(async () => {
  vendor = await readTerraform(join(modules, 'vendor'));
  target = await readTerraform(join(modules, 'target'));
  auditMethods = z.record(z.string(), z.string()).parse(vendor.locals['audit_methods']);
});

const topicsOf = (kind: KindName): string[] =>
  Object.values(deployedSubscriptions()).flatMap((settings) =>
    'kind' in settings && settings.kind === kind ? [settings.topic] : [],
  );
/** What Artifact Registry does not tell by itself, with its topic. */
const TOLD = KIND_NAMES.flatMap((kind) =>
  topicsOf(kind).flatMap((topic) => (topic === 'gcr' ? [] : [{ kind, topic }])),
);
const membersOf = ({ resources }: Terraform): (Block & { readonly address: string })[] =>
  Object.entries(resources)
    .filter(([type]) => type.endsWith('_iam_member'))
    .flatMap(([type, named]) =>
      Object.entries(named).map(([name, block]) => ({ ...block, address: `${type}.${name}` })),
    );

describe('the events that Terraform has published', () => {
  const message = (methodName: string) => {
    const resourceName = 'projects/p/locations/us/repositories/r/packages/a/versions/1';
    const data = Buffer.from(JSON.stringify({ protoPayload: { methodName, resourceName } }));
    return { id: '1', data, attributes: {}, publishTime: new Date(0) };
  };

  it.each(KIND_NAMES.flatMap((kind) => LOGGED[kind].map((logged) => [kind, ...logged] as const)))(
    'are of each %s that %s reports, if planCopies uses it: %s',
    (kind, method, heeded) => {
      const methods = auditMethods[kind];
      expect(methods !== undefined && new RegExp(methods).test(method)).toBe(heeded);
      const event = events.parse(message(method));
      expect(event.kind).toBe(kind);
      expect(event.whyIgnored === undefined).toBe(heeded);
    },
  );

  it('come from a sink for each kind in the audit log, filtered by its methods', () => {
    const logged = TOLD.filter(({ kind }) => LOGGED[kind].length > 0);
    expect(Object.keys(auditMethods).sort()).toEqual(logged.map(({ kind }) => kind).sort());
    for (const { kind } of logged) {
      const heeded = LOGGED[kind].map(([, isHeeded]) => isHeeded);
      expect(new Set(heeded)).toEqual(new Set([true, false]));
    }
    const sinks = Object.values(vendor.resources['google_logging_project_sink'] ?? {});
    const asked = logged.map(({ kind, topic }): unknown =>
      expect.objectContaining({
        for_each: `\${local.own_audited_projects.${kind}}`,
        name: `\${local.prefix}relay-${topic}`,
        destination: `pubsub.googleapis.com/\${local.topics["${topic}"]}`,
        filter: `\${local.audit_filters.${kind}[each.key]}`,
        unique_writer_identity: true,
      }),
    );
    expect(sinks).toHaveLength(asked.length);
    expect(sinks).toEqual(expect.arrayContaining(asked));
  });

  it.each(TOLD)('are let into the perimeter from who publishes on $topic', ({ topic }) => {
    const publisher: Block =
      membersOf(vendor).find(
        (one) => one['topic'] === `\${google_pubsub_topic.relay["${topic}"].name}`,
      ) ?? {};
    // Its member, or what it is made for, names who that is.
    const [who] =
      /(?:data\.)?google_\w+\.\w+/.exec([publisher['member'], publisher['for_each']].join()) ?? [];
    expect(vendor.locals['ingress']).toContain(`in ${who} :`);
  });

  it.each(TOLD)('are asked of the owners of sources, too: $kind', ({ kind, topic }) => {
    const asked = kind in auditMethods ? 'in local.audit_topics' : `local.topics["${topic}"]`;
    expect(vendor.locals['source_grants']).toContain(asked);
  });

  it('are of new objects, of which planCopies makes jobs', () => {
    const { event_types, topic } = z
      .looseObject({ event_types: z.array(z.string()), topic: z.string() })
      .parse(vendor.resources['google_storage_notification']?.['object_changes']);
    expect(topic).toBe('${local.topics["object-changes"]}');
    for (const eventType of event_types) {
      const attributes = { eventType, bucketId: 'abc', objectId: 'o', objectGeneration: '1' };
      const notification = { ...message(''), attributes };
      expect(events.parse(notification).whyIgnored).toBeUndefined();
    }
    const { filter } = deployedSubscriptions()['object-changes'] as { filter?: string };
    const clauses = event_types.map((type) => `attributes.eventType = "${type}"`);
    expect(clauses.join(' OR ')).toBe(filter);
  });

  it.each(KIND_NAMES)('come on the topic that the doctor checks for events of %ss', (kind) => {
    const { events } = CHECK_KINDS[kind];
    expect(topicsOf(kind)).toEqual(['topic' in events ? events.topic : 'gcr']);
  });

  it('are of every kind', () => {
    expect(KIND_NAMES.flatMap(topicsOf)).toHaveLength(KIND_NAMES.length);
  });

  it('change what a project logs only on request', () => {
    expect(
      vendor.resources['google_project_iam_audit_config']?.['artifact_registry'],
    ).toMatchObject({ for_each: '${var.audit_logs}' });
    expect(vendor.variables['audit_logs']).toMatchObject({ default: [] });
  });
});

describe('what is granted and let through the perimeter', () => {
  it.each(['source_projects', 'source_identities', 'perimeter_methods', 'grant_roles'])(
    'is of every kind: %s',
    (name) => {
      expect(Object.keys(vendor.locals[name] ?? {}).sort()).toEqual([...KIND_NAMES].sort());
    },
  );
});

describe('the module that customers call', () => {
  const keyOf = (kind: KindName) => KINDS[kind].place.key;

  it.each(KIND_NAMES)(
    'has a location for %ss: written, compared, reported to the vendor',
    (kind) => {
      const key = keyOf(kind);
      expect(Object.keys(target.variables)).toContain(key);
      const { [kind]: roles } = GrantRoles.parse(vendor.locals['grant_roles']);
      const members = membersOf(target);
      expect(members).toContainEqual(
        expect.objectContaining({
          for_each: `\${var.${key} == null ? [] : local.readers}`,
          role: `roles/${roles?.read}`,
          member: '${each.key}',
        }),
      );
      const writer = members.find(({ count }) => count === `\${var.${key} == null ? 0 : 1}`);
      expect(writer).toMatchObject({ role: `roles/${roles?.write}`, member: '${local.writer}' });
      const { value, depends_on } = target.outputs['rules_target'] ?? {};
      expect(value).toContain(`for name in var.${key}[*] : "${key}" => `);
      expect(depends_on).toContain(`\${${writer?.address}}`);
    },
  );

  it('lets each kind into the perimeter, to its own place', () => {
    const places = KIND_NAMES.map((kind) => [kind, { place: `\${var.${keyOf(kind)}}` }]);
    expect(target.locals['perimeter_methods']).toMatchObject(Object.fromEntries(places));
  });

  it('wants one place at least, of whatever kind', () => {
    const places = `compact([${KIND_NAMES.map((kind) => `var.${keyOf(kind)}`).join(', ')}])`;
    expect(target.locals['places']).toBe(`\${${places}}`);
    const { validation } = Validated.parse(target.variables['repository']);
    const conditions = validation.map(({ condition }) => condition);
    expect(conditions).toContain(`\${length(${places}) > 0}`);
  });
});

describe('the rules of the stand-in package by which Terraform tests its kinds', () => {
  it('release every kind, to a target that takes every kind', () => {
    const file = join(modules, 'vendor', 'tests', 'fixtures', 'kinds', 'rules.yaml');
    const { rules, targets } = parseRules(readFileSync(file, 'utf8'), 'rules.yaml');
    expect(new Set(rules.map(({ kind }) => kind))).toEqual(new Set(KIND_NAMES));
    const takes = (one: Target) =>
      KIND_NAMES.filter((kind) => placeAt(one, KINDS[kind]) !== undefined);
    expect(targets.map(takes)).toContainEqual(KIND_NAMES);
  });
});
