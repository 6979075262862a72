// The rules of a package: read as the functions read them, with the files that they name, and the file next to a package, by which
// Terraform knows which rules are in it and what they need.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadTypeScript } from './load.mjs';

/**
 * The rules in the file at `path`, called `file`, and by path the files that they name.
 *
 * @throws {RefusedRulesError} for rules that cannot be read, or that the functions would refuse.
 */
export async function readRules(path, file = path) {
  const { parseRules, InvalidRulesError } = await loadTypeScript('shared/kinds/rules.ts');
  const bytes = await bytesOf(path);
  const files = {};
  try {
    const rules = parseRules(bytes.toString('utf8'), file, (named) => {
      files[named] = readFileSync(join(dirname(path), named));
      return files[named].toString('utf8');
    });
    return { file, bytes, rules, files };
  } catch (error) {
    if (!(error instanceof InvalidRulesError)) throw error;
    throw new RefusedRulesError(error.message);
  }
}

async function bytesOf(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    const { readFailure } = await loadTypeScript('shared/text/read-failure.ts');
    throw new RefusedRulesError(`The rules file ${path} ${readFailure(error)}.`);
  }
}

/** @throws {RefusedRulesError} for rules that cannot work on Google Cloud. */
export async function packageFacts(zip, { file, bytes, rules }) {
  const { describeAccess } = await loadTypeScript('shared/google/access.ts');
  const { KINDS } = await loadTypeScript('shared/kinds/kinds.ts');
  const { access, problems } = describeAccess(KINDS, rules);
  if (problems.length > 0) {
    throw new RefusedRulesError(problems.map((one) => `${file}: ${one}`).join('\n'));
  }
  return { sha256: sha256(zip), rules: { file, sha256: sha256(bytes), ...access } };
}

export class RefusedRulesError extends Error {}

function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}
