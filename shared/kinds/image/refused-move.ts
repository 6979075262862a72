import type { RegistryError } from '../../oci/http/errors';

/** Whether a registry means that the tag may not be moved: they have no code in common for it, and some have only words. */
export function isRefusedMove(answer: RegistryError | undefined): boolean {
  if (!answer || answer.status < 400 || answer.status >= 500) return false;
  const said = answer.entries.map(({ message, detail }) => `${message} ${detail}`).join(' ');
  return /immutab/i.test(`${answer.detail} ${said}`);
}
