import type { SourceRelease } from '../rules/artifact';
import { UnlistableSourceError } from '../inventory/source';
import type { Rule } from '../rules/rules';
import type { Check } from './check';
import { diagnose, wrong, type Advice } from './diagnosis';
import type { CheckKind, SourceAccess } from './kind';

/** Whether the source of a rule can be listed and read. */
export async function checkSource(rule: Rule, deps: SourceAccess): Promise<Check[]> {
  const about = `source ${rule.at}`;
  const kind: CheckKind = deps.kinds[rule.kind];
  try {
    const { releases, absent } = await deps.listingOf(rule).page();
    if (absent) return [absentCheck(about, rule)];
    const listed: Check = { about, what: 'list', state: 'ok', found: 'can be listed' };
    const [release] = releases;
    if (release === undefined) {
      const found = `there is no ${kind.release} to read`;
      return [listed, { about, what: 'read', state: 'skipped', found }];
    }
    return [
      listed,
      await checkRead(about, rule, release, deps),
      ...(await checkStatements(about, rule, release, deps)),
      ...(await checkHalts(about, rule, release, deps)),
    ];
  } catch (error) {
    if (error instanceof UnlistableSourceError) {
      return [{ about, what: 'list', state: 'note', found: error.message }];
    }
    return [wrong(about, 'list', diagnose(error, adviceFor(rule, deps)))];
  }
}

function absentCheck(about: string, { about: kind, globs, name }: Rule): Check {
  return {
    about,
    what: 'list',
    state: 'note',
    found: `the first ${kind.name} that the rule names was not found`,
    fix: `Push it, or correct "source" or "${kind.paths.key}" (${globs.join(', ')}) of rule "${name}" in rules.yaml.`,
  };
}

async function checkRead(
  about: string,
  rule: Rule,
  release: SourceRelease,
  deps: SourceAccess,
): Promise<Check> {
  const kind: CheckKind = deps.kinds[rule.kind];
  try {
    await kind.readRelease(release, deps);
    return { about, what: 'read', state: 'ok', found: shortName(rule, release) };
  } catch (error) {
    return wrong(about, 'read', diagnose(error, adviceFor(rule, deps)));
  }
}

/** Where the rule requires something: whether statements can be listed and read, and what they prove of one release. */
async function checkStatements(
  about: string,
  rule: Rule,
  release: SourceRelease,
  deps: SourceAccess,
): Promise<Check[]> {
  const kind: CheckKind = deps.kinds[rule.kind];
  if (rule.require.length === 0 || kind.readStatements === undefined) return [];
  const what = 'statements';
  try {
    const missing = await kind.readStatements(release, rule, deps);
    const name = shortName(rule, release);
    if (missing !== undefined) return [{ about, what, state: 'note', found: missing }];
    return [
      { about, what, state: 'ok', found: `${name} meets the requirements of rule "${rule.name}"` },
    ];
  } catch (error) {
    return [wrong(about, what, diagnose(error, adviceFor(rule, deps)))];
  }
}

/** Where halts count: whether they can be read. */
async function checkHalts(
  about: string,
  rule: Rule,
  release: SourceRelease,
  deps: SourceAccess,
): Promise<Check[]> {
  const kind: CheckKind = deps.kinds[rule.kind];
  if (deps.haltsOf === undefined || kind.readHalts === undefined) return [];
  const what = 'halts';
  try {
    const why = await kind.readHalts(release, deps);
    if (why === undefined) return [{ about, what, state: 'ok', found: 'can be read' }];
    const found = `${shortName(rule, release)} is held, because its halts cannot be read: ${why}`;
    const fix =
      'Keep the source in a registry with the referrers API, delete statements that are not yours, or remove `halts` from rules.yaml.';
    return [{ about, what, state: 'wrong', found, fix }];
  } catch (error) {
    return [wrong(about, what, diagnose(error, adviceFor(rule, deps)))];
  }
}

/** The registry or bucket is in `about`. */
function shortName({ about: { reference } }: Rule, release: SourceRelease): string {
  const { tag } = reference.detailsOf(release);
  return [reference.pathOf(release), ...(tag === undefined ? [] : [tag])].join(':');
}

function adviceFor({ kind, source, at }: Rule, deps: SourceAccess): Advice {
  const absent = `Correct "source" in rules.yaml: ${at} is not there.`;
  const asked: CheckKind = deps.kinds[kind];
  const grant = asked.readGrant(source, deps);
  if (grant === undefined) return { absent };
  return {
    absent,
    denied: `Grant read access to the functions and to yourself (Terraform grants the functions, except on sources in foreign_sources):\n${grant}`,
  };
}
