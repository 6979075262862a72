import type { Customer } from '../history/customer';
import { VENDOR_REPOSITORY } from '../history/customer';
import type { Move } from '../history/move';
import type { ImageRule } from '../history/rules';
import { attachmentsOf, listsOf, type Release } from './release';

/** A dead letter that history and rules make. */
export interface ExpectedLetter {
  readonly reason: string;
  /** It is written so many grace periods after `since`, and not before. */
  readonly graces: number;
  /** When what it is about happened: milliseconds since the simulation began. */
  readonly since: number;
  /** The data of the message that is given up begins so. */
  readonly data: string;
  readonly target?: string;
  /** How much later it may come, in milliseconds; absent: a few back-offs. */
  readonly patience?: number;
  /** False: whether it is written depends on who came first. */
  readonly isCertain: boolean;
}

export interface LetterDeps {
  readonly moves: readonly Move[];
  readonly rules: readonly ImageRule[];
  readonly releases: readonly Release[];
}

/** Of twenty attempts of eight minutes each, with back-offs; and until somebody asks for a reconciliation. */
const LONG_MS = 12 * 3_600_000;

export function lettersOf(deps: LetterDeps): ExpectedLetter[] {
  return [
    ...messageLetters(deps.moves),
    ...deps.releases.flatMap(lettersOfRelease),
    ...deniedAttachments(deps),
  ];
}

function messageLetters(moves: readonly Move[]): ExpectedLetter[] {
  return moves.flatMap((move) =>
    move.kind === 'message' && move.letter
      ? [{ ...move.letter, since: move.at, data: move.data, isCertain: true }]
      : [],
  );
}

function lettersOfRelease({ customer, rule, image, tag, contents }: Release): ExpectedLetter[] {
  const about = (digest: string) => ({
    target: customer.name,
    data: `{"source":"${VENDOR_REPOSITORY}/${image}:${tag}@${digest}"`,
  });
  return contents.flatMap(({ at: since, digest }) => {
    if (digest === undefined) return [];
    if (customer.role === 'revoked') {
      const isCertain = contents.every((content) => content.digest !== undefined);
      return [{ reason: 'target-denied', graces: 4, since, ...about(digest), isCertain }];
    }
    if (rule.failsAs !== undefined) {
      const letter = { reason: rule.failsAs, graces: 0, patience: LONG_MS };
      return [{ ...letter, since, ...about(digest), isCertain: true }];
    }
    return rule.immutable === true
      ? [{ reason: 'tag-conflict', graces: 0, since, ...about(digest), isCertain: false }]
      : [];
  });
}

/** What is attached to an image is not taken to a customer who has shut the door. */
function deniedAttachments({ moves, rules }: LetterDeps): ExpectedLetter[] {
  const isShut = ({ role }: Customer): boolean => role === 'revoked';
  return [...attachmentsOf(moves), ...listsOf(moves)].flatMap(({ image, digest, tag, at: since }) =>
    rules
      .filter(({ images }) => images.includes(image))
      .flatMap(({ targets, platforms }) =>
        // What is attached to the whole does not come along with a part.
        targets.filter(isShut).map((customer) => ({ customer, isCertain: !platforms })),
      )
      .map(({ customer, isCertain }) => ({
        reason: 'target-denied',
        graces: 4,
        since,
        target: customer.name,
        data: `{"source":"${VENDOR_REPOSITORY}/${image}${tag === undefined ? '' : `:${tag}`}@${digest}"`,
        isCertain,
      })),
  );
}
