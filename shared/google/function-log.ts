import * as z from 'zod';
import type { GoogleApi } from './google-api';

/** Which entries to read. */
export interface LogQuery {
  readonly project: string;
  /** The Cloud Run services of the functions. */
  readonly services: readonly string[];
  readonly from: Date;
  /** Only these targets, and entries without one. All if there are none or too many. */
  readonly targets: readonly string[];
  /** Only these names of sources. All if there are none or too many. */
  readonly sources: readonly string[];
}

export interface LogEntries {
  readonly entries: readonly unknown[];
  /** False if there are older entries than were read. */
  readonly isComplete: boolean;
}

const PAGE_SIZE = 500;
const MAX_PAGES = 20;
/** Cloud Logging accepts 20,000 characters. */
const LONGEST_FILTER = 18_000;

const Service = z.object({
  resource: z.object({ labels: z.object({ service_name: z.string() }) }),
});
const Page = z.object({
  entries: z.array(z.unknown()).default([]),
  nextPageToken: z.string().optional(),
});

/**
 * Reads what the functions logged about deliveries, the newest first and at most 10,000 entries: one query of `entries.list`
 * (https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list), page by page. Requires roles/logging.viewer.
 *
 * @throws what {@link GoogleApi} throws.
 */
export async function readFunctionLog(api: GoogleApi, query: LogQuery): Promise<LogEntries> {
  const entries: unknown[] = [];
  const body = {
    resourceNames: [`projects/${query.project}`],
    filter: filterOf(query),
    orderBy: 'timestamp desc',
    pageSize: PAGE_SIZE,
  };
  let pageToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await api.post(
      'logging.googleapis.com',
      'v2/entries:list',
      { ...body, ...(pageToken !== undefined && { pageToken }) },
      Page,
    );
    entries.push(...answer.entries.filter((entry) => isOf(query, entry)));
    pageToken = answer.nextPageToken;
    if (pageToken === undefined || pageToken === '') return { entries, isComplete: true };
  }
  return { entries, isComplete: false };
}

/** Other deployments of the project have other names. */
function isOf({ services }: LogQuery, entry: unknown): boolean {
  const parsed = Service.safeParse(entry);
  return parsed.success && services.includes(parsed.data.resource.labels.service_name);
}

function filterOf({ services, from, targets, sources }: LogQuery): string {
  const always = [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name=${anyOf(services)}`,
    'jsonPayload.outcome:*',
    'jsonPayload.source:*',
    `timestamp>=${JSON.stringify(from.toISOString())}`,
  ];
  const narrow = [
    ...(targets.length > 0
      ? [`(jsonPayload.outcome="planned" OR jsonPayload.target=${anyOf(targets)})`]
      : []),
    // Has the text: a job may name the digest, too.
    ...(sources.length > 0 ? [`jsonPayload.source:${anyOf(sources)}`] : []),
  ];
  return narrow.reduce((filter, clause) => {
    const longer = `${filter} AND ${clause}`;
    return longer.length > LONGEST_FILTER ? filter : longer;
  }, always.join(' AND '));
}

function anyOf(values: readonly string[]): string {
  return `(${values.map((value) => JSON.stringify(value)).join(' OR ')})`;
}
