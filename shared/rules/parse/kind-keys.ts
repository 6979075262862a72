import { KINDS, type Kind } from '../artifact';
import type { Draft } from './draft';
import type { Report } from './report';
import { kindOfPlace, TARGET_KEYS, type RuleInput } from './schema';

const NO_TAG = 'an object has no tag';

/** Keys of a rule that say nothing about a kind, and why. */
const SENSELESS: Readonly<Record<Kind, Partial<Record<keyof RuleInput, string>>>> = {
  image: {
    templates: 'they come from LOCATION-kfp.pkg.dev; `images` says which images',
    objects: 'they come from gs://; `images` says which images',
  },
  template: {
    images: '`templates` says which templates',
    objects: '`templates` says which templates',
    platforms: 'a template has none',
    attachments: 'nothing is attached to a template',
    as: 'a template is named by its own text, and keeps its tags',
  },
  object: {
    images: '`objects` says which objects',
    templates: '`objects` says which objects',
    tags: NO_TAG,
    immutable: NO_TAG,
    platforms: 'an object has none',
    attachments: 'nothing is attached to an object',
  },
};

/** Reports keys that say nothing about what a rule releases, and targets that have no place for it. */
export function checkKinds({ targets, groups, rules }: Draft, report: Report): void {
  for (const [name, { whole }] of targets) {
    if (whole === undefined || KINDS.some((kind) => whole[TARGET_KEYS[kind]] !== undefined))
      continue;
    report(
      ['targets', name],
      `target "${name}" has no place: say \`repository\` for images, \`templates\` for pipeline templates, \`bucket\` for objects`,
    );
  }
  for (const [index, { fields }] of rules.entries()) {
    if (fields.source === undefined) continue;
    const kind = kindOfPlace(fields.source);
    for (const [key, why] of Object.entries(SENSELESS[kind])) {
      if (fields[key as keyof RuleInput] === undefined) continue;
      report(['rules', index, key], `\`${key}\` says nothing about ${kind}s: ${why}`, 'key');
    }
    for (const [position, named] of (fields.targets ?? []).entries()) {
      const lacking = (groups.get(named) ?? [named]).filter((name) => lacks(targets, name, kind));
      if (lacking.length === 0) continue;
      const who = lacking.map((name) => `"${name}"`).join(', ');
      report(
        ['rules', index, 'targets', position],
        `this rule sends ${kind}s to ${who}, which ${lacking.length === 1 ? 'has' : 'have'} no \`${TARGET_KEYS[kind]}\``,
      );
    }
  }
}

/** True for a target that has a place, but none for this kind. */
function lacks(targets: Draft['targets'], name: string, kind: Kind): boolean {
  const whole = targets.get(name)?.whole;
  if (whole === undefined || whole[TARGET_KEYS[kind]] !== undefined) return false;
  return KINDS.some((other) => whole[TARGET_KEYS[other]] !== undefined);
}
