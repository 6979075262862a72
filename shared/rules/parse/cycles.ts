import type { ReportCycle } from '../chains/cycles';
import type { Draft } from './draft';
import type { Report } from './report';

/** Tells of cycles where they stand in the file. */
export function reportCycles({ groups, rules }: Draft, report: Report): ReportCycle {
  return {
    ofTarget: ({ name }, key, message) => report(['targets', name, key], message),
    ofRule(index, { name }, message) {
      const named = rules[index]?.fields.targets ?? [];
      const at = named.findIndex((one) => one === name || groups.get(one)?.includes(name) === true);
      report(['rules', index, 'targets', at], message);
    },
  };
}
