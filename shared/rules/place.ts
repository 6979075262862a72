/**
 * The path of what is called `name` below what is called `at`: empty for what is that itself, undefined for what is not under
 * it. Compared by path components: `releases` does not hold `releases-old/api`.
 */
export function pathUnder(at: string, name: string): string | undefined {
  if (name === at) return '';
  if (!name.startsWith(`${at}/`)) return undefined;
  const path = name.slice(at.length + 1);
  return path === '' ? undefined : path;
}

/** A path below a place's own, which may be empty. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}
