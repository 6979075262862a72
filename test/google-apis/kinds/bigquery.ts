import type { JsonObject } from '../discovery';
import type { Kind } from '../kinds';
import { isObject, text } from '../schema';

/** BigQuery names a resource by a reference in its body, and counts its times in milliseconds. */
function named(reference: string, id: string): Kind {
  return {
    newId: (resource) => {
      const parts = resource[reference];
      return isObject(parts) ? text(parts[id]) : '';
    },
    fill: (resource, name): JsonObject => ({
      id: name.replace('//bigquery.googleapis.com/', ''),
      creationTime: '1767225600000',
      lastModifiedTime: '1767225600000',
      location: resource['location'] ?? 'US',
    }),
  };
}

export const bigquery: Readonly<Record<string, Kind>> = {
  'bigquery.datasets': named('datasetReference', 'datasetId'),
  'bigquery.tables': named('tableReference', 'tableId'),
};
