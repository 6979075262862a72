/** `0 B`, `812 KB`, `3.1 MB`: decimal units, as registries count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power > 1 && value < 100 ? 1 : 0)} ${units[power] ?? ''}`;
}

export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}
