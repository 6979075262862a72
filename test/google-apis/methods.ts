// Google's standard methods (google.aip.dev/130 to 136), for any API from its discovery document.
import { alreadyExists, ApiError, invalid, notFound } from './api-error';
import {
  hostOf,
  type Document,
  type Json,
  type JsonObject,
  type Method,
  type Schema,
} from './discovery';
import { KINDS, type Call, type Kind } from './kinds';
import { createAgents, etagOf, policyOf, setPolicy } from './policies';
import { camelCase, findMissing, findProblems, isObject, spelled, writable } from './schema';
import { SPECIAL } from './special';
import { projectIn, type World } from './world';

type Answer = Json | undefined;

/** @throws {ApiError} as Google would answer */
export function perform(world: World, document: Document, call: Call): Answer {
  const { id } = call.method;
  const special = SPECIAL[id];
  if (special !== undefined) return special(world, call);
  const verb = id.split('.').at(-1)!;
  const standard = STANDARD[verb];
  if (standard === undefined) {
    throw new ApiError(501, 'UNIMPLEMENTED', `The stand-in does not know ${id}.`);
  }
  return standard(world, document, call);
}

const STANDARD: Readonly<Record<string, (world: World, document: Document, call: Call) => Answer>> =
  {
    get: (world, _document, { name }) => existing(world, name),
    list,
    create,
    insert: create,
    patch: update,
    update,
    delete: remove,
    getIamPolicy: (world, _document, { name }) => {
      existing(world, name);
      return policyOf(world, name);
    },
    // As an owner.
    testIamPermissions: (world, _document, { name, body }) => {
      existing(world, name);
      return { permissions: body['permissions'] ?? [] };
    },
    setIamPolicy: (world, _document, { method, name, body }) => {
      existing(world, name);
      const policy = isObject(body['policy']) ? body['policy'] : body;
      const set = setPolicy(world, name, policy);
      world.changes.push({ method: method.id, name });
      return set;
    },
  };

function create(world: World, document: Document, call: Call): Answer {
  const schema = resourceSchema(document, call);
  const kind = kindOf(call);
  const given = writable(resourceIn(document, call), schema);
  const missing = findMissing(given, schema, document.schemas);
  if (missing.length > 0) throw invalid(`Required, and not there: ${missing.join(', ')}.`);
  const name = newName(given, kind, call);
  const former = world.resources.get(name);
  if (former !== undefined && kind.replace === undefined) throw alreadyExists(name);
  const filled = {
    ...named(given, schema, document, name),
    ...kind.fill?.(given, name, call),
    ...(former && kind.replace?.(former)),
  };
  const resource = marked(filled, schema);
  kind.check?.(resource, world, name);
  world.resources.set(name, resource);
  kind.created?.(resource, world, name);
  const project = projectIn(name);
  if (project !== undefined) createAgents(world, hostOf(document), project);
  return changed(world, call, name, resource);
}

function update(world: World, document: Document, call: Call): Answer {
  const { name, method, query, body } = call;
  const schema = resourceSchema(document, call);
  const kind = kindOf(call);
  const before = existing(world, name);
  const given = writable(resourceIn(document, call), schema);
  if (given['etag'] !== undefined && given['etag'] !== before['etag']) {
    throw new ApiError(409, 'ABORTED', `${name} has changed since it was read.`);
  }
  const mask = query.get('updateMask') ?? body['updateMask'];
  const after =
    typeof mask === 'string'
      ? masked(before, given, mask, schema, document)
      : method.httpMethod === 'PUT'
        ? { name: before['name'] ?? null, ...given }
        : merged(before, given);
  const resource = marked({ ...after, ...kind.fill?.(after, name, call) }, schema);
  kind.check?.(resource, world, name);
  world.resources.set(name, resource);
  return changed(world, call, name, resource);
}

function remove(world: World, _document: Document, call: Call): Answer {
  const { name } = call;
  const resource = existing(world, name);
  kindOf(call).deleted?.(resource, world, name);
  world.resources.delete(name);
  world.policies.delete(name);
  return changed(world, call, name, {});
}

function list({ resources }: World, document: Document, { method, name }: Call): Answer {
  const answer = document.schemas[method.response!.$ref]!;
  const field = Object.entries(answer.properties ?? {}).find(([, { items }]) => items?.$ref)?.[0];
  const prefix = `${name}/`;
  const children = [...resources].filter(([other]) => {
    return other.startsWith(prefix) && !other.slice(prefix.length).includes('/');
  });
  return { [field!]: children.map(([, resource]) => resource) };
}

/** Names the resource, and wraps it where the API answers with an operation: one that is done at once. */
function changed(world: World, { method }: Call, name: string, resource: JsonObject): Answer {
  world.changes.push({ method: method.id, name });
  if (method.response === undefined) return undefined;
  if (method.response.$ref !== 'Operation') return resource;
  const operation = `operations/${world.changes.length}`;
  return {
    name: operation,
    done: true,
    response: { '@type': 'type.googleapis.com/any', ...resource },
  };
}

function existing({ resources }: World, name: string): JsonObject {
  const resource = resources.get(name);
  if (resource !== undefined) return resource;
  if (!/^\/\/cloudresourcemanager\.googleapis\.com\/projects\/[^/]+$/.test(name))
    throw notFound(name);
  return {};
}

function kindOf({ method }: Call): Kind {
  return KINDS[method.id.replace(/\.\w+$/, '')] ?? {};
}

function newName(resource: JsonObject, kind: Kind, call: Call): string {
  const { method, name, query } = call;
  if (method.httpMethod === 'PUT') return name;
  const parameter = Object.keys(method.parameters ?? {}).find((key) => /[a-z]Id$/.test(key));
  const id = kind.newId?.(resource, call) ?? query.get(parameter ?? '') ?? resource['name'];
  if (typeof id !== 'string' || id === '')
    throw invalid(`${method.id}: the new resource has no name.`);
  return `${name}/${id.split('/').at(-1)!}`;
}

/** Where a resource has a field for its own full name, Google fills it; where it is a short name, it is given. */
function named(given: JsonObject, schema: Schema, document: Document, name: string): JsonObject {
  const hasName = schema.properties?.['name'] !== undefined;
  if (!hasName || hostOf(document) === 'logging.googleapis.com') return given;
  return { ...given, name: name.replace(/^\/\/[^/]+\//, '') };
}

/** With a new etag, where the API has one. */
function marked(resource: JsonObject, schema: Schema): JsonObject {
  if (schema.properties?.['etag'] === undefined) return resource;
  return { ...resource, etag: etagOf({ ...resource, etag: null }) };
}

/** What a request carries: the resource itself, or a message with the resource in one of its fields. */
function resourceField(document: Document, { method }: Call): string | undefined {
  const { request, response } = method;
  if (request === undefined || response === undefined || request.$ref === response.$ref)
    return undefined;
  const properties = document.schemas[request.$ref]?.properties ?? {};
  return Object.entries(properties).find(([, { $ref }]) => $ref === response.$ref)?.[0];
}

function resourceIn(document: Document, call: Call): JsonObject {
  const field = resourceField(document, call);
  if (field === undefined) return call.body;
  const resource = call.body[field];
  return isObject(resource) ? resource : {};
}

function resourceSchema(document: Document, call: Call): Schema {
  const { request, response } = call.method;
  const inner = resourceField(document, call) !== undefined;
  return document.schemas[(inner ? response : request)!.$ref]!;
}

/** Only the fields of the mask, which may be a path and in either spelling, are taken. */
function masked(
  before: JsonObject,
  given: JsonObject,
  mask: string,
  schema: Schema,
  document: Document,
): JsonObject {
  const after = structuredClone(before);
  for (const path of mask.split(',').filter((part) => part !== '')) {
    const names = path.split('.').map(camelCase);
    checkPath(names, schema, document, path);
    copyField(after, given, names);
  }
  return after;
}

function checkPath(
  names: readonly string[],
  schema: Schema,
  document: Document,
  path: string,
): void {
  names.reduce<Schema>((at, name) => {
    const resolved = at.$ref === undefined ? at : document.schemas[at.$ref]!;
    const next = resolved.properties?.[name] ?? resolved.additionalProperties;
    if (next === undefined) throw invalid(`updateMask: there is no field "${path}".`);
    return next;
  }, schema);
}

function copyField(after: JsonObject, given: JsonObject, [name, ...rest]: readonly string[]): void {
  const value = given[name!];
  const inner = after[name!];
  if (rest.length > 0 && isObject(inner)) {
    copyField(inner, isObject(value) ? value : {}, rest);
  } else if (value === undefined) {
    Reflect.deleteProperty(after, name!);
  } else {
    after[name!] = value;
  }
}

/** A patch without a mask: what is given replaces, null deletes. */
function merged(before: JsonObject, given: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries({ ...before, ...given }).filter(([, value]) => value !== null),
  );
}

/** The body with the names of its schema. @throws {ApiError} with all that is wrong in it */
export function checkedBody(document: Document, method: Method, body: JsonObject): JsonObject {
  if (method.request === undefined) return body;
  const schema = { $ref: method.request.$ref };
  const spelt = spelled(body, schema, document.schemas);
  const problems = findProblems(spelt, schema, document.schemas);
  if (problems.length > 0) throw invalid(problems.join('\n'));
  return spelt as JsonObject;
}
