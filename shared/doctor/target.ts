import type { Rule, Target } from '../rules/rules';
import type { Check } from './check';
import { diagnose, wrong, type Advice } from './diagnosis';
import { grantImpersonation } from './fixes';
import { placesOf, type TargetAccess } from './kind';

/** Checks access to a customer's locations, and leaves nothing there. */
export async function checkTarget(
  target: Target,
  rules: readonly Rule[],
  deps: TargetAccess,
): Promise<Check[]> {
  const about = `target ${target.name}`;
  const token = await checkToken(about, target, deps);
  if (token?.state === 'wrong') {
    return [token, { about, what: 'upload', state: 'skipped', found: 'no token' }];
  }
  const checks = await Promise.all(
    placesOf(deps.kinds, target).map(({ kind, place }) =>
      kind.checkTarget({ target, place, rules }, deps),
    ),
  );
  return [...(token ? [token] : []), ...checks.flat()];
}

async function checkToken(
  about: string,
  target: Target,
  access: TargetAccess,
): Promise<Check | undefined> {
  const { kinds, accessToken, copier } = access;
  const { impersonate } = target;
  const places = placesOf(kinds, target);
  if (!places.some(({ kind, place }) => kind.takesGoogleToken(place, access))) return undefined;
  const whose = impersonate ?? 'our own account';
  try {
    await accessToken(impersonate);
    return { about, what: 'token', state: 'ok', found: `obtained for ${whose}` };
  } catch (error) {
    const grant =
      impersonate !== undefined &&
      `The customer lets us act as its account (Terraform: own_account in infra/modules/target):\n${grantImpersonation(impersonate, copier)}`;
    const advice: Advice = grant ? { denied: grant, absent: grant } : {};
    return wrong(about, 'token', diagnose(error, advice));
  }
}
