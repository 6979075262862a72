import { VENDOR_REPOSITORY, type Customer } from '../history/customer';
import type { Move } from '../history/move';
import { digestOf } from '../../../shared/oci/digest';
import { EXCLUDED, type OtherKind, type OtherRule } from '../history/rules';
import type { Content } from './release';

/** What a tag of a template, or an object, is to be at a customer's, by the history and the rules alone. */
export interface OtherRelease {
  readonly kind: OtherKind;
  readonly customer: Customer;
  /** `train:latest`, `models/llm.bin` */
  readonly name: string;
  /** What it has held at the vendor's, the newest last, as it is to be here: a version, or a CRC32C. */
  readonly contents: readonly OtherContent[];
  readonly isBehindHub: boolean;
  /** It may wait for an image until somebody asks for a reconciliation. */
  readonly mayWait: boolean;
}

export interface OtherContent extends Content {
  /** The image that it names: `api:v1`. */
  readonly image?: string;
}

interface Event extends OtherContent {
  readonly kind: OtherKind;
  readonly name: string;
  /** Of a template. */
  readonly bytes?: Buffer;
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
      .filter((rule) => rule.kind === kind && IS_WANTED[kind](rule, name))
      .flatMap(({ targets, hub, rewritesImages = false }) =>
        targets.map((customer) => ({
          kind,
          customer,
          name,
          contents: rewritesImages ? contents.map((one) => renamed(one, customer)) : contents,
          isBehindHub: hub !== undefined,
          mayWait: rewritesImages,
        })),
      );
  });
}

/** A template whose images are those of the customer. */
function renamed(content: Event, { repository }: Customer): OtherContent {
  const text = content.bytes?.toString().replaceAll(VENDOR_REPOSITORY, repository);
  return text === undefined ? content : { ...content, digest: digestOf(Buffer.from(text)) };
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
        bytes: move.bytes,
        image: move.image,
      }));
    }
    case 'retag':
      return [{ kind: 'template', name: `${move.package}:${move.tag}`, at, digest: move.version }];
    case 'put':
      return [{ kind: 'object', name: move.name, at, digest: move.content.crc32c }];
    case 'removal':
      return [{ kind: 'object', name: move.name, at, digest: undefined }];
    case 'description':
    case 'loss':
    case 'message':
    case 'push':
    case 'untag':
      return [];
  }
}

/** What an upload keeps for a moment, which nobody is to get. */
const TEMPORARY = 'gcloud/tmp/';

const IS_WANTED: Readonly<Record<OtherKind, (rule: OtherRule, name: string) => boolean>> = {
  template({ names, tags }, name) {
    const [template = '', tag = ''] = name.split(':');
    const isIncluded = tags.some((one) => (one === 'v*' ? tag.startsWith('v') : one === tag));
    return names.includes(template) && isIncluded && !tag.includes(EXCLUDED);
  },
  object: ({ names }, name) =>
    names.some((folder) => name.startsWith(`${folder}/`)) && !name.startsWith(TEMPORARY),
};
