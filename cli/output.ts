import { Option } from 'commander';
import { stringify } from 'yaml';
import { ANSWER_VERSION } from './answers';
import type { Output } from './terminal';

const TEXT_OR_DATA = ['table', 'json', 'yaml'];

/** What a command was asked to print. */
export interface OutputFlags {
  /** Of the formats that its option names. */
  readonly output?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** `-o`. The first format is the default. */
export function outputOption(formats: readonly string[] = TEXT_OR_DATA): Option {
  return new Option('-o, --output <format>', 'output format').choices(formats);
}

/** `--json`, which is short for `-o json`. */
export function jsonOption(description: string): Option {
  return new Option('--json', description).conflicts('output');
}

/** `--csv`, which is short for `-o csv`. */
export function csvOption(description: string): Option {
  return new Option('--csv', description).conflicts(['output', 'json']);
}

/** The format that the flags name; undefined for the default. */
export function formatOf({ output, json, csv }: OutputFlags): string | undefined {
  return output ?? (json ? 'json' : csv ? 'csv' : undefined);
}

/** Whether the flags ask for data, not for text. */
export function wantsData(flags: OutputFlags): boolean {
  return ['json', 'yaml'].includes(formatOf(flags) ?? '');
}

/** Prints what a command answers to `--json`, as docs/answers.schema.json describes it; the same as YAML with `-o yaml`. */
export function printData(stdout: Output, flags: OutputFlags, answer: object): void {
  const json = JSON.stringify({ version: ANSWER_VERSION, ...answer }, null, 2);
  // YAML leaves out what JSON leaves out, and writes as text what JSON writes as text.
  stdout.write(formatOf(flags) === 'yaml' ? stringify(JSON.parse(json)) : `${json}\n`);
}
