import { join } from 'node:path';
import { pushTemplate, tagTemplate } from '../../../local/servers/templates/push';
import type { TemplateKind as Operation } from '../../../local/servers/templates/routes';
import { createTemplateServer, type TemplateServer } from '../../../local/servers/templates/server';
import { EFFECTS, EFFECTS_ON_CONTENT, outage, trouble } from '../faults';
import { createObserver } from '../observer';
import type { Held, Holdings, Stage, StageOptions } from '../stage';
import type { TemplateMove } from './moves';

const CONTENT: readonly Operation[] = ['upload', 'download'];
const API: readonly Operation[] = [
  'listPackages',
  'listVersions',
  'getVersion',
  'listTags',
  'getTag',
  'createTag',
  'updateTag',
];

/** Registries of pipeline templates, with the audit log that tells of the vendor's. */
export async function openTemplates(options: StageOptions): Promise<Stage<TemplateMove>> {
  const { customers, folder, onClose, share, seed } = options;
  const observer = createObserver(options.attemptMs);
  const vendor = await openVendor(options);
  const targets = new Map<string, TemplateServer>();
  for (const { name } of customers) {
    const host = await createTemplateServer({
      storage: join(folder, `${name}-templates`),
      onTag: (path, { tag, version }) =>
        observer.wrote(name, `${path.split('/')[2] ?? ''}:${tag}`, version),
    });
    onClose(() => host.close());
    targets.set(name, host);
  }
  const outages = customers
    .filter(({ isDown }) => isDown)
    .map(({ name }) => outage(targets.get(name)!.faults, { on: [...CONTENT, ...API] }));
  const hits = [vendor.host, ...targets.values()].flatMap(({ faults }, at) => {
    const own = { share, seed: seed + 100 * at };
    return [
      trouble(faults, { ...own, operations: CONTENT, effects: EFFECTS_ON_CONTENT }),
      trouble(faults, { ...own, operations: API, effects: EFFECTS }),
    ];
  });
  const backstage = { origin: vendor.backstage.origin, repository: 'vendor/pipelines' };

  return {
    source: `${hostOf(vendor.host)}/${backstage.repository}`,
    placeOf: (customer) => `${hostOf(targets.get(customer)!)}/${customer}/vendor`,
    environment: {},
    faults: () => hits.reduce((sum, count) => sum + count(), 0),
    observed: observer.figures,
    endOutage: () => outages.forEach((end) => end()),
    async release({ releases, package: name, bytes, tags, version }) {
      for (const released of releases) observer.released(released.name, released.content);
      if (bytes !== undefined) await pushTemplate(backstage, bytes, tags);
      else for (const tag of tags) await tagTemplate(backstage, name, { tag, version });
    },
    held: (customer) => readTarget(targets.get(customer)!, `${customer}/vendor`),
  };
}

/** Two servers of one folder: one that fails, for the functions, and one that does not, for the vendor's own people. */
async function openVendor({ folder, announce, onClose }: StageOptions) {
  const storage = join(folder, 'vendor-templates');
  const host = await createTemplateServer({ storage });
  onClose(() => host.close());
  const backstage = await createTemplateServer({
    storage,
    location: 'local',
    onLogEntry: (entry) => announce('template-uploads', JSON.stringify(entry)),
  });
  onClose(() => backstage.close());
  return { host, backstage };
}

/** By this name a registry is known for one of templates; names below localhost are this machine. */
function hostOf({ address }: TemplateServer): string {
  return address.replace('127.0.0.1', 'local-kfp.localhost');
}

/** Every tag. A version is stored by the digest of its bytes, and a tag only ever names one that is there. */
async function readTarget(host: TemplateServer, repository: string): Promise<Holdings> {
  const holdings = new Map<string, Held>();
  for (const name of await host.packages(repository)) {
    for (const { tag, version } of await host.tags(`${repository}/${name}`)) {
      holdings.set(`${name}:${tag}`, { content: version, lacks: [] });
    }
  }
  return holdings;
}
