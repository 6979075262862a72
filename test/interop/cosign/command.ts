import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceTo } from '../../../shared/oci/reference';
import { createParty, type Party } from '../../support/parties';
import { run } from '../tools';
import type { Subject } from './inputs';

export const KEYS = ['P-256', 'P-384', 'P-521', 'ed25519', 'rsa'] as const;
export type Key = (typeof KEYS)[number];

export const parties = Object.fromEntries(
  KEYS.map((key) => [key, createParty(key, key)]),
) as Record<Key, Party>;
export const stranger = createParty('stranger');

/** Where keys and other files of cosign are; whoever runs it removes it. */
export const folder = mkdtempSync(join(tmpdir(), 'relay-cosign-'));
const predicate = join(folder, 'predicate.json');

const fileOf = (key: string, kind: 'key' | 'pub' | 'pem'): string => join(folder, `${key}.${kind}`);
export const publicKeyOf = (key: string): string => fileOf(key, 'pub');

/** @throws what it says on standard error. */
export function cosign(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, COSIGN_PASSWORD: '', COSIGN_EXPERIMENTAL: '1' };
  return run('cosign', args, { env });
}

/** Gives cosign the keys of all parties. */
export async function importKeys(): Promise<void> {
  writeFileSync(predicate, '{}');
  for (const [key, { privateKey }] of Object.entries({ ...parties, stranger })) {
    writeFileSync(fileOf(key, 'pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const prefix = ['--output-key-prefix', join(folder, key)];
    await cosign('import-key-pair', '--key', fileOf(key, 'pem'), ...prefix, '--yes');
  }
}

const WITHOUT_LOG = [
  ...['--use-signing-config=false', '--tlog-upload=false'],
  ...['--allow-http-registry', '--yes'],
];

export const sign =
  (key: string, flags: readonly string[] = []) =>
  (subject: Subject): Promise<string> =>
    cosign('sign', '--key', fileOf(key, 'key'), ...WITHOUT_LOG, ...flags, nameOf(subject));

export const attestBy =
  (key: string, type: string, flags: readonly string[] = []) =>
  (subject: Subject): Promise<string> => {
    const claim = ['--type', type, '--predicate', predicate];
    const by = ['--key', fileOf(key, 'key')];
    return cosign('attest', ...by, ...claim, ...WITHOUT_LOG, ...flags, nameOf(subject));
  };

function nameOf(subject: Subject): string {
  return referenceTo(subject, subject.digest);
}
