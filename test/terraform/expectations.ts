// What must hold of the changes that an apply or a destroy made.
import type { Change, World } from '../google-apis/world';

const PATCH = 'cloudfunctions.projects.locations.functions.patch';
const INSERT = 'storage.objects.insert';
const DELETE = 'storage.objects.delete';
const GRANTS = [
  /\.setIamPolicy$/,
  /^accesscontextmanager\..*\.patch$/,
  /^storage\.managedFolders\./,
];

/**
 * Another package is one object, and every function once, copyArtifact first: a rule must be known where it is enforced before
 * it is known where jobs are made. @throws {Error} else
 */
export function expectRollout(changes: readonly Change[], functions: readonly string[]): void {
  const rollout = changes.filter(({ method }) => [PATCH, INSERT, DELETE].includes(method));
  const of = (method: string): readonly string[] =>
    rollout.filter((change) => change.method === method).map(({ name }) => name);
  const patched = of(PATCH);
  const right =
    of(INSERT).length === 1 &&
    of(DELETE).length <= 1 &&
    [...patched].sort().join() === [...functions].sort().join() &&
    patched[0]?.endsWith('copy-artifact') === true &&
    rollout[0]?.method === INSERT;
  if (!right) throw new Error(`No rollout of one package:\n${reported(changes)}`);
}

/** @throws {Error} when anything else than the package, the functions and, where they may, grants have changed */
export function expectNothingElse(changes: readonly Change[], grantsMay: boolean): void {
  const others = changes.filter(({ method }) => {
    const grant = grantsMay && GRANTS.some((pattern) => pattern.test(method));
    return ![PATCH, INSERT, DELETE].includes(method) && !grant;
  });
  if (others.length > 0) throw new Error(`More changed than should:\n${reported(others)}`);
}

/** Somebody tells planCopies of what is new at a source. @throws {Error} else */
export function expectHeard({ resources }: World, source: string): void {
  const [, bucket] = /^gs:\/\/([^/]+)/.exec(source) ?? [];
  const [, format, project] = /^[a-z0-9-]+-(docker|kfp)\.pkg\.dev\/([^/]+)\//.exec(source) ?? [];
  const heard = [...resources].some(([name, resource]) => {
    if (bucket !== undefined) return name.includes(`/b/${bucket}/notificationConfigs/`);
    if (format === 'kfp') return name.includes(`/projects/${project!}/sinks/`);
    return resource['topic'] === `projects/${project!}/topics/gcr`;
  });
  if (!heard) throw new Error(`Nothing tells of what is new at ${source}.`);
}

type Snapshot = Readonly<Record<string, string>>;

/** @throws {Error} when two worlds differ but in what is new with every upload or call */
export function expectSame(actual: Snapshot, expected: Snapshot, may: RegExp = /$^/): void {
  const names = [...new Set([...Object.keys(actual), ...Object.keys(expected)])];
  const different = names.filter((name) => {
    return !may.test(name) && stable(actual[name]) !== stable(expected[name]);
  });
  const lines = different.map((name) => {
    return `  ${name}\n    is        ${actual[name] ?? 'not there'}\n    should be ${expected[name] ?? 'not there'}`;
  });
  if (lines.length > 0) throw new Error(`Not as it should be:\n${lines.join('\n')}`);
}

const NEW_EACH_TIME = new Set(['generation', 'former', 'revision', 'id', 'selfLink', 'etag']);

function stable(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(sorted(JSON.parse(text)));
}

/** In one order: what Terraform makes at once may come in any. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort(byText);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !NEW_EACH_TIME.has(key));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]).sort(byText));
}

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

function reported(changes: readonly Change[]): string {
  return changes.map(({ method, name }) => `  ${method} ${name}`).join('\n');
}
