import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig as parseCopyArtifactConfig } from './copy-artifact/config';
import { InvalidConfigError, type Environment } from './environment';
import { parseConfig as parsePlanCopiesConfig } from './plan-copies/config';
import { DEFAULT_MANIFEST_LIMITS } from '../shared/oci/manifest';

const folder = mkdtempSync(join(tmpdir(), 'relay-environment-'));
const rules = join(folder, 'rules.yaml');
const broken = join(folder, 'broken.yaml');
writeFileSync(
  rules,
  'targets: { acme: { repository: h.example/acme } }\n' +
    'rules: [{ name: all, source: s.example/v, targets: [acme] }]\n',
);
writeFileSync(broken, 'targets: {}\nrulez: []\n');
afterAll(() => rmSync(folder, { recursive: true }));

const topic = (name: string): string => `projects/vendor/topics/${name}`;
const environment: Environment = {
  RULES_FILE: rules,
  COPY_JOBS_TOPIC: topic('copy-jobs'),
  COPY_RETRIES_TOPIC: topic('copy-retries'),
  PLAN_RETRIES_TOPIC: topic('plan-retries'),
  DEAD_LETTER_TOPIC: topic('dead-letters'),
};

function problemsOf(changed: Environment): readonly string[] {
  try {
    parseCopyArtifactConfig({ ...environment, ...changed });
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration of the functions', () => {
  it('has defaults for all but rules and topics', () => {
    expect(parseCopyArtifactConfig(environment)).toMatchObject({
      COPY_TIMEOUT_SECONDS: 480,
      BLOB_CONCURRENCY: 8,
      GRACE_SECONDS: 600,
      MAX_MANIFEST_BYTES: DEFAULT_MANIFEST_LIMITS.maxBytes,
      LOG_LEVEL: 'info',
      PLAIN_HTTP_HOSTS: ['localhost', '127.0.0.1', '[::1]'],
    });
    expect(parsePlanCopiesConfig(environment).RULES_FILE.rules).toHaveLength(1);
  });

  it('takes an empty variable for an absent one, except where nothing has a meaning', () => {
    const config = parseCopyArtifactConfig({
      ...environment,
      LOG_LEVEL: '',
      GRACE_SECONDS: '0',
      PLAIN_HTTP_HOSTS: '',
      STORAGE_EMULATOR_HOST: '',
    });
    expect(config.STORAGE_EMULATOR_HOST).toBeUndefined();
    expect(config).toMatchObject({ LOG_LEVEL: 'info', GRACE_SECONDS: 0, PLAIN_HTTP_HOSTS: [] });
  });

  it('reports all problems together', () => {
    const problems = problemsOf({
      RULES_FILE: broken,
      COPY_JOBS_TOPIC: undefined,
      COPY_RETRIES_TOPIC: 'copy-retries',
      COPY_TIMEOUT_SECONDS: '0',
      BLOB_CONCURRENCY: 'many',
      MAX_MANIFEST_BYTES: '4MiB',
      LOG_LEVEL: 'loud',
      PLAIN_HTTP_HOSTS: 'http://registry/',
      DOCKER_CONFIG: join(folder, 'nowhere'),
      STORAGE_EMULATOR_HOST: 'localhost:4443/storage/v1',
      SIGNING_KEY: 'gcpkms://projects/vendor/locations/global/keyRings/relay/cryptoKeys/receipts',
    });
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^RULES_FILE .*broken\.yaml:2:1: .*rulez/),
        expect.stringMatching(/^COPY_JOBS_TOPIC is missing/),
        expect.stringMatching(/^COPY_RETRIES_TOPIC takes a full name/),
        'COPY_TIMEOUT_SECONDS is a whole number from 1 up',
        'BLOB_CONCURRENCY is a whole number from 1 up',
        'MAX_MANIFEST_BYTES is a whole number from 1024 up',
        'LOG_LEVEL is debug, info, warn or error',
        expect.stringMatching(/^PLAIN_HTTP_HOSTS is a comma-separated list of hosts/),
        expect.stringMatching(/^DOCKER_CONFIG names a folder without a config\.json/),
        'STORAGE_EMULATOR_HOST is "host:port" or the URL of a host',
        expect.stringMatching(/^SIGNING_KEY cannot be used: "gcpkms:.*" names no version of a key/),
      ]),
    );
  });

  it('takes a folder with a Docker config file, and not one with something else in it', () => {
    const file = join(folder, 'config.json');
    writeFileSync(file, '{}');
    expect(problemsOf({ DOCKER_CONFIG: folder })).toStrictEqual([]);
    writeFileSync(file, '[]');
    expect(problemsOf({ DOCKER_CONFIG: folder })).toHaveLength(1);
  });

  it('takes the host of STORAGE_EMULATOR_HOST, with or without a scheme', () => {
    const hostOf = (text: string) =>
      parseCopyArtifactConfig({ ...environment, STORAGE_EMULATOR_HOST: text })
        .STORAGE_EMULATOR_HOST;
    expect(['localhost:4443', 'http://localhost:4443'].map(hostOf)).toEqual(
      Array(2).fill('localhost:4443'),
    );
  });

  it('takes a key in Cloud KMS, or one in a file, to sign with', () => {
    const keyOf = (text: string) =>
      parseCopyArtifactConfig({ ...environment, SIGNING_KEY: text }).SIGNING_KEY;
    const kms = 'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1';
    expect(keyOf(`gcpkms://${kms}`)).toEqual({ kms });
    const file = join(folder, 'receipts.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(keyOf(file)).toMatchObject({ key: { type: 'private' } });
    expect(keyOf('')).toBeUndefined();
  });

  it('says why the rules cannot be read', () => {
    expect(problemsOf({ RULES_FILE: join(folder, 'missing.yaml') })).toEqual([
      expect.stringMatching(/^RULES_FILE \S+ does not exist/),
    ]);
  });
});
