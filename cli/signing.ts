import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openSigningKey } from '../shared/google/kms';
import type { RegistryClient } from '../shared/oci/client';
import { parsePublicKeys, InvalidSignerError } from '../shared/statements/signers/signer';
import {
  readSigningKey,
  UnusableKeyError,
  type SigningKey,
} from '../shared/statements/signing/signing-key';
import { CommandFailure, UsageError, type Terminal } from './terminal';

/** A key by what names it. No request is sent. @throws {UnusableKeyError} */
export function openKey(
  registries: Pick<RegistryClient, 'connect'>,
  text: string,
  env: Terminal['env'],
): SigningKey {
  const { KMS_EMULATOR_HOST: host = '' } = env;
  return openSigningKey(registries, readSigningKey(text), host === '' ? {} : { host });
}

/** The key that `--key` names. No request is sent. @throws {UsageError} */
export function openKeyArgument(
  ...[registries, text, env]: Parameters<typeof openKey>
): SigningKey {
  try {
    return openKey(registries, text, env);
  } catch (error) {
    if (error instanceof UnusableKeyError) throw new UsageError(`--key: ${error.message}.`);
    throw error;
  }
}

/** The public key that `--key` names: in PEM, or the public half of what signs. @throws {UsageError} {@link CommandFailure} */
export async function openPublicKey(
  registries: Pick<RegistryClient, 'connect'>,
  text: string,
  env: Terminal['env'],
): Promise<KeyObject> {
  const pem = text.includes('://') ? '' : readPem(text);
  if (pem !== '' && !pem.includes('PRIVATE KEY')) return publicKeyOf(pem, text);
  const key = openKeyArgument(registries, text, env);
  return withKey(() => key.publicKey());
}

/** Empty for what cannot be read: to open it as a key then says why. */
function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function publicKeyOf(pem: string, file: string): KeyObject {
  try {
    return onlyKey(parsePublicKeys(pem));
  } catch (error) {
    if (error instanceof InvalidSignerError) {
      throw new UsageError(`--key: ${file} ${error.message}.`);
    }
    throw error;
  }
}

/** @throws {InvalidSignerError} */
function onlyKey([first, ...more]: ReturnType<typeof parsePublicKeys>): KeyObject {
  if (more.length === 0) return first.key;
  throw new InvalidSignerError(`has ${more.length + 1} keys: pass a file with one`);
}

/** @throws {CommandFailure} that says why the key cannot be used. */
export async function withKey<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`The key cannot be used: ${why}`, { cause });
  }
}
