import { readDocuments } from '../google-apis/documents';
import { findExamples, type Example } from './example';
import { liveThrough, type Setting } from './lifecycle';
import { findProvider } from './provider';

/**
 * Applies, changes and destroys every example (or those of these names) against a stand-in for Google's APIs, all at once, a
 * line for each step. True if all went as it should.
 */
export async function liveThroughAll(
  root: string,
  names: readonly string[],
  say: (line: string) => void,
): Promise<boolean> {
  const environment = findProvider(root);
  const documents = readDocuments();
  if (environment === undefined || documents === undefined) {
    const what = environment === undefined ? 'The google provider' : "Google's discovery documents";
    say(`${what} cannot be had here: no example is applied.`);
    return process.env['CI'] === undefined;
  }
  const setting: Setting = {
    root,
    environment,
    documents,
    onStep: (example, step, result, seconds) =>
      say(`${example}: ${step}: ${result} (${seconds.toFixed(0)} s)`),
  };
  const examples = findExamples(root);
  const chosen = examples.filter(({ name }) => names.length === 0 || names.includes(name));
  const ends = await Promise.all(chosen.map((example) => endOf(setting, example, say)));
  return ends.every(Boolean);
}

async function endOf(
  setting: Setting,
  example: Example,
  say: (line: string) => void,
): Promise<boolean> {
  try {
    await liveThrough(setting, example);
    return true;
  } catch (error) {
    say(`${example.name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
