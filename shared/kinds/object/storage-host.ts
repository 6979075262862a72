/** Where the JSON API of Google's Cloud Storage is. */
export const GOOGLE_STORAGE_HOST = 'storage.googleapis.com';

/**
 * The host that `STORAGE_EMULATOR_HOST` names, as Google's clients read it: a URL, or `host:port`. Whether it speaks plain
 * HTTP is up to the client that opens it. `undefined` when it is neither.
 */
export function parseStorageHost(text: string): string | undefined {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`);
  return url === null || url.host === '' || url.pathname !== '/' ? undefined : url.host;
}
