import type { Mutant } from './mutant';

/** Who is told what has become of releases. */
export const NOTICES: readonly Mutant[] = [
  {
    name: 'a notice that cannot be published is done without',
    breaks: 'notices',
    snippet: 'return { cause };',
    replacement: 'return undefined;',
  },
  {
    name: 'a delivery that finds its work done tells nobody',
    breaks: 'notices',
    snippet: 'const unsent = done.statusChange && (await notify(',
    replacement: "const unsent = done.outcome === 'copied' && done.statusChange && (await notify(",
  },
  {
    name: 'what is given up is not told of',
    breaks: 'notices',
    snippet: "permanent: 'failed',",
    replacement: '',
  },
  {
    name: 'what a destination holds is not said where something else failed',
    breaks: 'notices',
    snippet: '...(holds && { holds })',
    replacement: '...{}',
  },
  {
    name: 'notices are as old as their job',
    breaks: 'notices',
    snippet: 'time: new Date(time).toISOString(),',
    replacement: 'time: since.toISOString(),',
  },
  {
    name: 'two releases of one destination have one id',
    breaks: 'notices',
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
