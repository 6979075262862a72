import { link, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The result of `work`, or `undefined` when it fails with one of the system error `codes` (`ENOENT`, ...). */
export async function unless<T>(
  codes: readonly string[],
  work: Promise<T>,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) {
      return undefined;
    }
    throw error;
  }
}

/** Hard-links `to` to the content of `from`, with the folders it needs. False: `to` exists already, and stays. */
export async function linkNew(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true });
  return (
    (await unless(
      ['EEXIST'],
      link(from, to).then(() => true),
    )) ?? false
  );
}

export async function writeInto(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
