import { createHash } from 'node:crypto';
import type { JsonObject } from './discovery';

/** A call that changed something, by its method's id and the full name of what it changed. */
export interface Change {
  readonly method: string;
  readonly name: string;
}
/** All that Google keeps: resources by full name (`//pubsub.googleapis.com/projects/p/topics/t`), and who may what. */
export interface World {
  readonly resources: Map<string, JsonObject>;
  readonly policies: Map<string, JsonObject>;
  /** Enabled services of projects that are new; in all others everything is enabled already. */
  readonly enabled: Map<string, Set<string>>;
  /** Service agents of new projects; Google creates one when its service is first used, or when a client asks for it. */
  readonly agents: Set<string>;
  /** When each grant takes effect, in milliseconds; grants that are not listed are in effect. */
  readonly effective: Map<string, number>;
  /** Milliseconds from setIamPolicy until its grants take effect. */
  readonly propagation: number;
  /** vCPUs that Cloud Run may use in each region. */
  readonly cpuQuota: number;
  readonly now: () => number;
  readonly changes: Change[];
}

export function createWorld(
  settings: Partial<Pick<World, 'propagation' | 'cpuQuota' | 'now'>> = {},
): World {
  return {
    resources: new Map(),
    policies: new Map(),
    enabled: new Map(),
    agents: new Set(),
    effective: new Map(),
    propagation: 0,
    cpuQuota: 10,
    now: Date.now,
    changes: [],
    ...settings,
  };
}

/** A project's number, the same every time. */
export function projectNumber(project: string): string {
  const hash = createHash('sha256').update(project).digest();
  return String(100_000_000_000 + (hash.readUInt32BE() % 899_999_999_999));
}

/** The id, whether a path names a project by id or by number. */
export function projectIn(name: string): string | undefined {
  return /(?:^|\/)projects\/([^/]+)/.exec(name)?.[1];
}

/** What the addresses of a project's accounts end in: a domain-scoped project, example.com:p, is p.example.com there. */
export function accountsDomain(project: string): string {
  return `${project.split(':').reverse().join('.')}.iam.gserviceaccount.com`;
}

export function isEnabled({ enabled }: World, project: string, service: string): boolean {
  return enabled.get(project)?.has(service) ?? true;
}

/** Everything as text: equal worlds give equal texts. */
export function snapshot({ resources, policies }: World): Readonly<Record<string, string>> {
  const bindings = [...policies]
    .map(([name, policy]) => [`IAM of ${name}`, policy['bindings'] ?? []] as const)
    .filter(([, granted]) => Array.isArray(granted) && granted.length > 0);
  return Object.fromEntries(
    [...resources, ...bindings].map(([name, value]) => [name, JSON.stringify(value)]),
  );
}
