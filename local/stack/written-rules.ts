import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSampleSigner, type SampleSigner } from '../images/signing';
import { parseRules } from '../../shared/kinds/rules';
import type { Rules } from '../../shared/rules/rules';
import type { OnClose } from './closers';
import { SAMPLE_KEY, type Places } from './sample-rules';

export interface WrittenRules {
  readonly rules: Rules;
  readonly rulesFile: string;
  /** Who signs what the vendor pushes: the rules know his key. */
  readonly signer: SampleSigner;
}

/** Writes rules for these locations, and the key that they may name, into a folder that is deleted with the stack. */
export async function writeRules(
  write: (places: Places) => string,
  places: Places,
  onClose: OnClose,
): Promise<WrittenRules> {
  const text = write(places);
  const folder = await mkdtemp(join(tmpdir(), `registry-relay-${process.pid}-`));
  onClose(() => rm(folder, { recursive: true, force: true }));
  const rulesFile = join(folder, 'rules.yaml');
  await writeFile(rulesFile, text);
  const signer = createSampleSigner();
  await mkdir(dirname(join(folder, SAMPLE_KEY)));
  await writeFile(join(folder, SAMPLE_KEY), signer.publicKey);
  const readBeside = (path: string): string => readFileSync(join(folder, path), 'utf8');
  return { rules: parseRules(text, rulesFile, readBeside), rulesFile, signer };
}
