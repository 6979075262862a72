import type { Document, Json, JsonObject, Schema } from './discovery';

type Schemas = Document['schemas'];

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field's text; empty where there is none. */
export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Google takes names of fields and parameters in either spelling. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_text, letter: string) => letter.toUpperCase());
}

/** A request with the names that the schema has. */
export function spelled(value: Json, schema: Schema, schemas: Schemas): Json {
  if (schema.$ref !== undefined) return spelled(value, schemas[schema.$ref]!, schemas);
  if (Array.isArray(value)) return value.map((item) => spelled(item, schema.items ?? {}, schemas));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([given, inner]) => {
      const name = propertyOf(schema, given) === undefined ? camelCase(given) : given;
      return [name, spelled(inner, propertyOf(schema, name) ?? {}, schemas)];
    }),
  );
}

/** What Google's JSON parser refuses in a request: unknown names, other types, no member of an enum. */
export function findProblems(
  value: Json,
  schema: Schema,
  schemas: Schemas,
  path = '',
): readonly string[] {
  const { $ref } = schema;
  if ($ref !== undefined) return findProblems(value, schemas[$ref]!, schemas, path);
  if (value === null || schema.type === 'any') return [];
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [`Invalid value at '${path}': no list.`];
    return value.flatMap((item, index) =>
      findProblems(item, schema.items!, schemas, `${path}[${index}]`),
    );
  }
  if (schema.type !== 'object') return isScalar(value, schema) ? [] : [wrongScalar(value, path)];
  if (!isObject(value)) return [`Invalid value at '${path}': no object.`];
  return Object.entries(value).flatMap(([name, inner]) => {
    const property = propertyOf(schema, name);
    if (property === undefined) {
      return [
        `Invalid JSON payload received. Unknown name "${name}" at '${path}': Cannot find field.`,
      ];
    }
    return findProblems(inner, property, schemas, path === '' ? name : `${path}.${name}`);
  });
}

function propertyOf(schema: Schema, name: string): Schema | undefined {
  return schema.properties?.[name] ?? schema.additionalProperties;
}

function wrongScalar(value: Json, path: string): string {
  return `Invalid value at '${path}': ${JSON.stringify(value)}.`;
}

function isScalar(value: Json, { type, format, enum: members }: Schema): boolean {
  if (members !== undefined) return typeof value === 'string' && members.includes(value);
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'integer') return Number.isInteger(Number(value)) && typeof value !== 'boolean';
  if (type === 'number') return typeof value === 'number';
  if (format === 'int64' || format === 'uint64')
    return /^-?\d+$/.test(JSON.stringify(value).replaceAll('"', ''));
  if (format === 'google-duration') return typeof value === 'string' && /^-?[\d.]+s$/.test(value);
  return typeof value === 'string';
}

/** The names of fields that a new resource must have, and this one lacks. A name is in the path, or in a parameter. */
export function findMissing(value: JsonObject, schema: Schema, schemas: Schemas): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const given = value[name];
    if (given === undefined) return isRequired(name, property) ? [name] : [];
    const { $ref } = property;
    if ($ref === undefined || !isObject(given)) return [];
    return findMissing(given, schemas[$ref]!, schemas).map((inner) => `${name}.${inner}`);
  });
}

function isRequired(name: string, { description, readOnly }: Schema): boolean {
  return name !== 'name' && readOnly !== true && description?.startsWith('Required.') === true;
}

/** A request's resource without what only Google writes. */
export function writable(value: JsonObject, schema: Schema): JsonObject {
  return Object.fromEntries(
    Object.entries(value).filter(([name, inner]) => {
      return inner !== null && schema.properties?.[name]?.readOnly !== true;
    }),
  );
}

/**
 * What an API answers: the fields that it knows. As proto3 JSON writes them there are no zeros, empty texts, lists and maps
 * among them; a message that is there is there.
 */
export function answered(value: Json, schema: Schema, schemas: Schemas, proto3: boolean): Json {
  const { $ref } = schema;
  if ($ref !== undefined) return answered(value, schemas[$ref]!, schemas, proto3);
  if (Array.isArray(value)) {
    return value.map((item) => answered(item, schema.items ?? {}, schemas, proto3));
  }
  if (schema.format === 'int64' && typeof value === 'number') return value.toString();
  if (!isObject(value) || schema.type === 'any') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const property = propertyOf(schema, name);
      if (property === undefined) return [];
      const shown = answered(inner, property, schemas, proto3);
      return proto3 && schema.properties !== undefined && isZero(shown, property)
        ? []
        : [[name, shown]];
    }),
  );
}

function isZero(value: Json, schema: Schema): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) {
    return schema.additionalProperties !== undefined && Object.keys(value).length === 0;
  }
  if (value === '0') return schema.format === 'int64' || schema.format === 'uint64';
  return value === null || value === false || value === 0 || value === '';
}
