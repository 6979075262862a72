// Google's discovery documents, as its Python client ships them: no package for Node has them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import type { Document } from './discovery';

// renovate: datasource=pypi depName=google-api-python-client
const VERSION = '2.202.0';
const FOLDER = 'googleapiclient/discovery_cache/documents';
const NAMES = [
  'accesscontextmanager.v1',
  'artifactregistry.v1',
  'bigquery.v2',
  'cloudbilling.v1',
  'cloudfunctions.v2',
  'cloudkms.v1',
  'cloudresourcemanager.v1',
  'cloudresourcemanager.v3',
  'cloudscheduler.v1',
  'iam.v1',
  'logging.v2',
  'monitoring.v1',
  'monitoring.v3',
  'orgpolicy.v2',
  'pubsub.v1',
  'run.v1',
  'secretmanager.v1',
  'serviceusage.v1',
  'storage.v1',
];

/** The documents, from the package that is downloaded once; undefined where it cannot be had. */
export function readDocuments(): readonly Document[] | undefined {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'registry-relay');
  const wheel = join(cache, `google_api_python_client-${VERSION}-py3-none-any.whl`);
  if (!existsSync(wheel)) {
    mkdirSync(cache, { recursive: true });
    const asked = `google-api-python-client==${VERSION}`;
    const line = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', cache, asked];
    const { status } = spawnSync('python3', line, { stdio: ['ignore', 2, 2] });
    if (status !== 0) return undefined;
  }
  const wanted = new Set(NAMES.map((name) => `${FOLDER}/${name}.json`));
  const files = unzipSync(readFileSync(wheel), { filter: ({ name }) => wanted.has(name) });
  return Object.values(files).map((bytes) => JSON.parse(strFromU8(bytes)) as Document);
}
