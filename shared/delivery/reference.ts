import * as z from 'zod';
import { FAILURES, type Failure } from './failures';
import { ReleaseEvent } from './release-event-schema';

const ENDS: Readonly<Record<Failure['ends'], string>> = {
  'dead-letter': 'dead-lettered',
  withdrawn: 'withdrawn',
  held: 'held',
  waiting: 'waiting',
  never: 'retried',
};

/** Returns every reason with its end and its remedy, as the list in docs/operations.md (Markdown). */
export function failureList(): string {
  return Object.entries(FAILURES)
    .map(([reason, failure]) => `- **\`${reason}\`** (${endOf(failure)}): ${failure.remedy}`)
    .join('\n');
}

function endOf({ ends, graces }: Failure): string {
  if (ends === 'never') return ENDS[ends];
  if (graces === 0) return `${ENDS[ends]} at once`;
  return `${ENDS[ends]} after ${graces} grace ${graces === 1 ? 'period' : 'periods'}`;
}

/** Returns the JSON schema of a release event, for its receivers. */
export function releaseEventJsonSchema(): unknown {
  const { type, ...schema } = z.toJSONSchema(ReleaseEvent, { io: 'input', target: 'draft-7' });
  return { title: 'A release event of registry-relay', type, ...schema };
}

/** Returns the fields of a release event as a Markdown table. */
export function releaseEventTable(): string {
  const rows = rowsOf(ReleaseEvent.shape);
  return ['| field | meaning |', '| --- | --- |', ...rows].join('\n');
}

function rowsOf(shape: z.ZodRawShape, within = ''): string[] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const { description = '' } = z.globalRegistry.get(schema as z.ZodType) ?? {};
    const inner = schema instanceof z.ZodObject ? rowsOf(schema.shape, `${within}${key}.`) : [];
    return [`| \`${within}${key}\` | ${description} |`, ...inner];
  });
}

/** A column of a BigQuery table (https://cloud.google.com/bigquery/docs/schemas#creating_a_json_schema_file). */
interface Column {
  readonly name: string;
  readonly type: 'STRING' | 'INTEGER' | 'FLOAT' | 'TIMESTAMP' | 'RECORD';
  readonly mode: 'REQUIRED' | 'NULLABLE';
  readonly description: string;
  readonly fields?: readonly Column[];
}

/** Returns the columns of a table that a BigQuery subscription with `use_table_schema` fills. */
export function releaseEventColumns(): Column[] {
  return columnsOf(ReleaseEvent.shape);
}

function columnsOf(shape: z.ZodRawShape): Column[] {
  return Object.entries(shape).map(([name, schema]) => {
    const isOptional = schema instanceof z.ZodOptional;
    const inner = isOptional ? schema.unwrap() : schema;
    const { description = '' } = z.globalRegistry.get(schema as z.ZodType) ?? {};
    return {
      name,
      type: typeOf(inner),
      mode: isOptional ? 'NULLABLE' : 'REQUIRED',
      description: description.replaceAll('`', ''),
      ...(inner instanceof z.ZodObject && { fields: columnsOf(inner.shape) }),
    };
  });
}

/** @throws {TypeError} if no column type fits the field. */
function typeOf(schema: unknown): Column['type'] {
  if (schema instanceof z.ZodObject) return 'RECORD';
  if (schema instanceof z.ZodISODateTime) return 'TIMESTAMP';
  if (schema instanceof z.ZodNumber) return schema.format === 'safeint' ? 'INTEGER' : 'FLOAT';
  const isText =
    schema instanceof z.ZodString || schema instanceof z.ZodLiteral || schema instanceof z.ZodEnum;
  if (isText) return 'STRING';
  throw new TypeError('a release event contains only texts, numbers and times');
}
