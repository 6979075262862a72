// What stands beside a package: by which Terraform knows which rules are in it, and what they need.
import { createHash } from 'node:crypto';
import { loadTypeScript } from './load.mjs';

/** @throws {RefusedRulesError} for rules that the functions would refuse, or that cannot work on Google Cloud. */
export async function packageFacts({ zip, rules, file }) {
  const { parseRules, InvalidRulesError } = await loadTypeScript('shared/kinds/rules.ts');
  const { describeAccess } = await loadTypeScript('shared/kinds/access.ts');
  try {
    const { access, problems } = describeAccess(parseRules(rules, file));
    if (problems.length > 0) {
      throw new RefusedRulesError(problems.map((one) => `${file}: ${one}`).join('\n'));
    }
    return { sha256: sha256(zip), rules: { file, sha256: sha256(rules), ...access } };
  } catch (error) {
    if (!(error instanceof InvalidRulesError)) throw error;
    throw new RefusedRulesError(error.message);
  }
}

export class RefusedRulesError extends Error {}

function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}
