import type { Digest } from '../shared/oci/digest';
import { formatReference } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import { counted, formatNames } from '../shared/text/names';
import { oneLine } from '../shared/text/untrusted';
import { wrappedLines } from '../shared/text/wrapped';
import type { HaltPlace, Reach } from './halt-places';
import { nameOfPlace, type HaltFlags } from './halt-statement';
import type { Holdings } from './halt-targets';
import { printData, wantsData } from './output';
import type { Signing } from './statement';
import { CommandFailure, widthOf, type Terminal } from './terminal';

/** What is known before a halt. */
export interface Plan {
  readonly reach: Reach;
  readonly signer: Signing;
  readonly why: string;
  readonly holdings: Holdings;
  readonly others: readonly string[];
}

/** What a halt is about to do, for people. */
export function describePlan(
  image: Artifact<'image'>,
  { holdings, others, reach: { copies, notes, places }, signer, why }: Plan,
): string {
  const rules = [...new Set(copies.map(({ copy }) => copy.rule.name))];
  const targets = new Set(copies.map(({ copy }) => copy.target.name));
  const { held, unknown } = holdings;
  return [
    `Halts ${oneLine(formatReference(image))}`,
    `  digest  ${places[0].manifest.descriptor.digest}`,
    `  rules   ${rules.length === 0 ? 'none now' : formatNames(rules)}, for ${counted(targets.size, 'target')}`,
    `  signer  ${signer.name} (key ${signer.fingerprint.slice(0, 12)}…)`,
    `  why     ${oneLine(why)}`,
    ...places.map((place) => `  at      ${oneLine(nameOfPlace(place))}`),
    ...(held.length > 0
      ? [
          `${counted(held.length, 'target')} already ${held.length === 1 ? 'holds' : 'hold'} it and ${held.length === 1 ? 'keeps' : 'keep'} it: ${namesOf(held)}.`,
        ]
      : []),
    ...(unknown.length > 0 ? [`Not readable: ${namesOf(unknown)}.`] : []),
    ...(others.length > 0
      ? [`The same digest is not halted under other images: ${others.map(oneLine).join(', ')}.`]
      : []),
    ...notes,
  ].join('\n');
}

function namesOf(some: Holdings['held']): string {
  return formatNames([...new Set(some.map(({ copy }) => copy.target.name))], 10);
}

/** What became of a halt at one place. */
export interface Done {
  readonly place: HaltPlace;
  readonly statement?: Digest;
  /** Why it does not count there. */
  readonly problem?: string;
}

/** How copies that began before a halt ended. */
export interface Result {
  /** ISO 8601; set if copies that began before may still write a tag. */
  readonly openUntil?: string;
  /** Targets that got it during the wait. */
  readonly late: Holdings['held'];
  readonly holdings: Holdings;
}

/** All that a halt has done. */
export interface Reported {
  readonly image: Artifact<'image'>;
  readonly reach: Reach;
  readonly done: readonly Done[];
  readonly result: Result;
  readonly why: string;
  readonly signer: Signing;
}

/** @throws {CommandFailure} if the digest is not halted everywhere. */
export function report(
  terminal: Terminal,
  flags: HaltFlags,
  { done, image, reach, result, signer, why }: Reported,
): void {
  const { registry, repository, tag } = image;
  const { digest } = reach.places[0].manifest.descriptor;
  const reference = formatReference({ registry, repository, tag, digest });
  const failed = done.filter(({ problem }) => problem !== undefined);
  const isHalted = failed.length === 0 && result.openUntil === undefined;
  const { holdings, late, openUntil } = result;
  if (wantsData(flags)) {
    printData(terminal.stdout, flags, {
      reference,
      halted: isHalted,
      by: signer.name,
      why,
      ...(openUntil !== undefined && { openUntil }),
      places: done.map(({ place, problem, statement }) => ({
        repository: formatReference(place.repository),
        digest: place.manifest.descriptor.digest,
        ...(place.hub && { hub: place.hub.name }),
        statement,
        problem,
      })),
      holding: [...new Set(holdings.held.map(({ copy }) => copy.target.name))],
    });
  } else {
    const lines = [
      ...(isHalted ? [`Halted ${reference}: no target gets it any more.`] : []),
      ...(failed.length === 0 && openUntil !== undefined
        ? [
            `Attached to ${reference}. Halted from ${openUntil} on: until then copies that began before may still write a tag.`,
          ]
        : []),
      ...(late.length > 0 ? [`Released during the wait: ${namesOf(late)}.`] : []),
      ...(holdings.held.length > 0
        ? [
            `Kept by ${namesOf(holdings.held)}: to replace it there, move the tag at the source to another digest.`,
          ]
        : []),
      ...(holdings.unknown.length > 0
        ? [
            `Not readable: ${namesOf(holdings.unknown)}. A tag write without a response may still land there: check with "relay status".`,
          ]
        : []),
    ];
    const text = lines.map((line) => `${line}\n`).join('');
    terminal.stdout.write(wrappedLines(text, widthOf(terminal.stdout)));
  }
  if (failed.length === 0) return;
  const all = failed.map(({ place, problem }) => `${nameOfPlace(place)}: ${problem ?? ''}`);
  throw new CommandFailure(`Not halted at ${all.join('\nNot halted at ')}`);
}
