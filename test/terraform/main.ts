import { readDocuments } from '../google-apis/documents';
import { findExamples } from './example';
import { liveThrough, type Setting } from './lifecycle';
import { refuseTooMany } from './limits';
import { keepListeners } from './listeners';
import { followQuickStart } from './quick-start';
import { expectRefusals } from './refusals';
import { scale } from './scale';
import { needWaits } from './waits';
import { findProvider } from './provider';

type Say = (line: string) => void;
interface Life {
  readonly name: string;
  readonly live: () => Promise<void>;
}

/**
 * Applies, changes and destroys every example (or those of these names) against a stand-in for Google's APIs, all at once, a
 * line for each step. True if all went as it should.
 */
export async function liveThroughAll(
  root: string,
  names: readonly string[],
  say: Say,
): Promise<boolean> {
  const setting = settingOf(root, say);
  if (setting === undefined) return process.env['CI'] === undefined;
  const all = livesOf(setting);
  const unknown = names.filter((name) => !all.some((life) => life.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => `"${name}"`).join(', ');
    say(`There is no ${unknown.join(', ')}: there are ${known}.`);
    return false;
  }
  const lives = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const ends = await Promise.all(lives.map((life) => endOf(life, say)));
  return ends.every(Boolean);
}

/** Tells how long Terraform takes over a deployment of so many customers. True if all went as it should. */
export async function measure(root: string, customers: number, say: Say): Promise<boolean> {
  const setting = settingOf(root, say);
  if (setting === undefined) return false;
  return await endOf({ name: 'scale', live: () => scale(setting, customers) }, say);
}

function settingOf(root: string, say: Say): Setting | undefined {
  const environment = findProvider(root);
  const documents = readDocuments();
  if (environment === undefined || documents === undefined) {
    const what = environment === undefined ? 'The google provider' : "Google's discovery documents";
    say(`${what} cannot be had here: nothing is applied.`);
    return undefined;
  }
  const onStep: Setting['onStep'] = (example, step, result, seconds) =>
    say(`${example}: ${step}: ${result} (${seconds.toFixed(0)} s)`);
  return { root, environment, documents, onStep };
}

function livesOf(setting: Setting): readonly Life[] {
  const examples = findExamples(setting.root).map((example) => {
    return { name: example.name, live: () => liveThrough(setting, example) };
  });
  return [
    ...examples,
    { name: 'limits', live: () => refuseTooMany(setting) },
    { name: 'listeners', live: () => keepListeners(setting) },
    { name: 'quick start', live: () => followQuickStart(setting) },
    { name: 'waits', live: () => needWaits(setting) },
    { name: 'refusals', live: () => expectRefusals(setting) },
  ];
}

async function endOf({ name, live }: Life, say: Say): Promise<boolean> {
  try {
    await live();
    return true;
  } catch (error) {
    say(`${name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
