import { join } from 'node:path';
import * as z from 'zod';
import { deployedSubscriptions } from '../../local/subscriptions';
import { CHECK_KINDS } from '../../shared/kinds/checks';
import { events } from '../../shared/kinds/events';
import { KINDS } from '../../shared/kinds/references';
import { readTerraform, type Terraform } from './terraform';

const infra = join(__dirname, '..', '..', 'infra');

let vendor: Terraform;

beforeAll(async () => {
  vendor = await readTerraform(join(infra, 'modules', 'vendor'));
});

describe('the events that Terraform has published', () => {
  const api = 'google.devtools.artifactregistry.v1.ArtifactRegistry';
  const entry = (methodName: string) => ({
    id: '1',
    data: Buffer.from(
      JSON.stringify({
        protoPayload: { methodName, resourceName: 'projects/p/locations/us/repositories/r' },
      }),
    ),
    attributes: {},
    publishTime: new Date(0),
  });

  it.each([
    ['Kfp-UploadPackage', true],
    [`${api}.UploadKfpArtifact`, true],
    [`${api}.CreateTag`, true],
    [`${api}.UpdateTag`, true],
    [`${api}.DeleteTag`, false],
    ['Kfp-DownloadFile', false],
    ['Docker-PutManifest', false],
  ])('are of %s where planCopies heeds it: %s', (method, heeded) => {
    const logged = z.record(z.string(), z.string()).parse(vendor.locals['audit_methods']);
    const methods = new RegExp(logged['template'] ?? '');
    expect(methods.test(method)).toBe(heeded);
    expect(events.whyIgnored(events.parse(entry(method))) === undefined).toBe(heeded);
  });

  it('are of new objects, of which planCopies makes jobs', () => {
    const { event_types, topic } = z
      .looseObject({ event_types: z.array(z.string()), topic: z.string() })
      .parse(vendor.resources['google_storage_notification']?.['object_changes']);
    expect(topic).toBe('${local.topics["object-changes"]}');
    for (const eventType of event_types) {
      const attributes = { eventType, bucketId: 'abc', objectId: 'o', objectGeneration: '1' };
      const told = { ...entry(''), attributes };
      expect(events.whyIgnored(events.parse(told))).toBeUndefined();
    }
    const { filter } = deployedSubscriptions()['object-changes'] as { filter?: string };
    const told = event_types.map((type) => `attributes.eventType = "${type}"`);
    expect(told.join(' OR ')).toBe(filter);
  });

  it.each(KINDS)('come on the topic on which the doctor looks for what tells of %ss', (kind) => {
    const { told } = CHECK_KINDS[kind];
    const topics = Object.values(deployedSubscriptions()).flatMap((settings) =>
      'kind' in settings && settings.kind === kind ? [settings.topic] : [],
    );
    expect(topics).toEqual(['topic' in told ? told.topic : 'gcr']);
  });

  it('are of every kind, granted to who asks, and its projects are within the perimeter', () => {
    const told = Object.values(deployedSubscriptions()).flatMap((settings) =>
      'kind' in settings ? [settings.kind] : [],
    );
    expect([...told].sort()).toEqual([...KINDS].sort());
    for (const name of ['source_projects', 'source_identities', 'grant_roles']) {
      expect(Object.keys(vendor.locals[name] ?? {}).sort()).toEqual([...KINDS].sort());
    }
  });

  it('change what a project logs only where somebody asks for it', () => {
    expect(
      vendor.resources['google_project_iam_audit_config']?.['artifact_registry'],
    ).toMatchObject({ for_each: '${var.audit_logs}' });
    expect(vendor.variables['audit_logs']).toMatchObject({ default: [] });
  });
});
