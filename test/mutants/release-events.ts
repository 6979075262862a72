import type { Mutant } from './mutant';

/** Who is told what has become of releases. */
export const RELEASE_EVENTS: readonly Mutant[] = [
  {
    name: 'a release event that cannot be published is dropped',
    breaks: 'release-events',
    snippet: 'return { cause };',
    replacement: 'return undefined;',
  },
  {
    name: 'a delivery that finds its work done tells nobody',
    breaks: 'release-events',
    snippet: 'const unsent = done.statusChange && (await notify(',
    replacement: "const unsent = done.outcome === 'copied' && done.statusChange && (await notify(",
  },
  {
    name: 'what is given up is not told of',
    breaks: 'release-events',
    snippet: "permanent: 'failed',",
    replacement: '',
  },
  {
    name: 'what a destination holds is not said where something else failed',
    breaks: 'release-events',
    snippet: '{ holds, duration',
    replacement: '{ duration',
  },
  {
    name: 'release events have the time of their job',
    breaks: 'release-events',
    snippet: 'time: new Date(time).toISOString(),',
    replacement: 'time: since.toISOString(),',
  },
  {
    name: 'two releases of one destination have one id',
    breaks: 'release-events',
    snippet: "id: idOf([type, destination, data.digest ?? '', data.since]),",
    replacement: 'id: idOf([type, destination]),',
  },
  {
    name: 'what arrives at a hub is told to nobody behind it',
    breaks: 'missing',
    snippet: "for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {",
    replacement:
      "for (let end = name.startsWith('asia') ? 0 : name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {",
  },
];
