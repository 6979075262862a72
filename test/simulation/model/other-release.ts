import type { Customer } from '../history/customer';
import type { Move } from '../history/move';
import { digestOf } from '../../../shared/oci/digest';
import { EXCLUDED, type OtherRule } from '../history/rules';
import type { Content } from './release';

/** What a tag of a template, or an object, is to be at a customer's, by the history and the rules alone. */
export interface OtherRelease {
  readonly kind: OtherRule['kind'];
  readonly customer: Customer;
  /** `train:latest`, `models/llm.bin` */
  readonly name: string;
  /** What it has held at the vendor's, the newest last: a version, or a CRC32C. */
  readonly contents: readonly Content[];
}

interface Event extends Content {
  readonly kind: OtherRule['kind'];
  readonly name: string;
}

export function otherReleasesOf(
  moves: readonly Move[],
  rules: readonly OtherRule[],
): OtherRelease[] {
  const stories = new Map<string, Event[]>();
  for (const event of moves.toSorted((a, b) => a.at - b.at).flatMap(eventsOf)) {
    const key = `${event.kind} ${event.name}`;
    stories.set(key, [...(stories.get(key) ?? []), event]);
  }
  return [...stories.values()].flatMap((contents) => {
    const { kind, name } = contents[0]!;
    return rules
      .filter((rule) => rule.kind === kind && isWanted(rule, name))
      .flatMap(({ targets }) => targets.map((customer) => ({ kind, customer, name, contents })));
  });
}

function eventsOf(move: Move): Event[] {
  const { at } = move;
  switch (move.kind) {
    case 'upload': {
      const digest = digestOf(move.bytes);
      return move.tags.map((tag) => ({
        kind: 'template',
        name: `${move.package}:${tag}`,
        at,
        digest,
      }));
    }
    case 'retag':
      return [{ kind: 'template', name: `${move.package}:${move.tag}`, at, digest: move.version }];
    case 'put':
      return [{ kind: 'object', name: move.name, at, digest: move.content.crc32c }];
    case 'removal':
      return [{ kind: 'object', name: move.name, at, digest: undefined }];
    case 'loss':
    case 'message':
    case 'push':
    case 'untag':
      return [];
  }
}

/** What an upload keeps for a moment, which nobody is to get. */
const TEMPORARY = 'gcloud/tmp/';

function isWanted({ kind, names, tags }: OtherRule, name: string): boolean {
  if (kind === 'object') {
    return names.some((folder) => name.startsWith(`${folder}/`)) && !name.startsWith(TEMPORARY);
  }
  const [template = '', tag = ''] = name.split(':');
  const isIncluded = tags.some((one) => (one === 'v*' ? tag.startsWith('v') : one === tag));
  return names.includes(template) && isIncluded && !tag.includes(EXCLUDED);
}
