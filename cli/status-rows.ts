import type { Finding, State } from '../shared/inventory/finding';
import { deliveryTime } from '../shared/inventory/overview';
import { formatArtifact, releaseName, tagOf } from '../shared/kinds/references';
import { describePause, pauseFields } from '../shared/rules/pauses';
import { formatDuration } from '../shared/text/duration';
import { formatTable, type Cell, type Column } from '../shared/text/table';
import { painted, type Colour, type Paint, type Style } from './terminal';

/** In the order of their columns; new ones come last, since scripts may count columns. */
export const COLUMNS = [
  'target',
  'rule',
  'image',
  'tag',
  'state',
  'source',
  'destination',
  'digest',
  'held',
  'uploaded',
  'bytes',
  'paused',
  'reason',
  'error',
  'remedy',
  'kind',
  'delivered',
  'seconds',
  'pausedUntil',
  'pauseReason',
  'why',
  'since',
  'next',
] as const;

export type Row = Partial<Record<(typeof COLUMNS)[number], string | number | boolean>>;

/** A finding as JSON and CSV have it. */
export function rowOf(finding: Finding): Row {
  const { target, rule, image, source, state, destination, digest, held, trouble } = finding;
  const { uploadedAt, size } = source;
  const took = deliveryTime(finding);
  return {
    target: target.name,
    rule: rule.name,
    kind: finding.kind,
    image,
    tag: tagOf(source),
    state,
    source: releaseName(source),
    destination: formatArtifact(destination),
    digest,
    held,
    uploaded: uploadedAt?.toISOString(),
    bytes: size,
    ...pauseFields(finding.pause),
    ...trouble,
    ...reasonFields(finding),
    delivered: finding.deliveredAt?.toISOString(),
    ...(took !== undefined && { seconds: took / 1000 }),
  };
}

function reasonFields({ why }: Finding): Row {
  if (why === undefined) return {};
  const { since, next, ...rest } = why;
  return {
    ...rest,
    ...(since !== undefined && { since: since.toISOString() }),
    ...(next !== undefined && { next: next.toISOString() }),
  };
}

export const COLOURS: Readonly<Record<State, Colour>> = {
  current: 'green',
  missing: 'red',
  stale: 'yellow',
  'attachments missing': 'yellow',
  held: 'blue',
  waiting: 'blue',
  unreachable: 'magenta',
};

/** What a person calls a release: `api:1.4.2`, `models/v1/model.bin`. */
export function shortName({ image, source }: Pick<Finding, 'image' | 'source'>): string {
  const tag = tagOf(source);
  return tag === '' ? image : `${image}:${tag}`;
}

/** How rows are written. */
export interface RowStyle extends Style {
  /** With full digests and names, and more columns. */
  readonly isWide?: boolean;
  readonly headers?: boolean;
}

/** One row for each. */
export function formatRows(
  findings: readonly Finding[],
  { paint, width, isWide = false, headers = true }: RowStyle,
): string {
  const columns = (isWide ? WIDE_CELLS : CELLS).filter(
    ({ isOptional, cell }) =>
      !isOptional || findings.some((finding) => cell(finding, paint) !== ''),
  );
  const rows = findings.map((finding) => columns.map(({ cell }) => cell(finding, paint)));
  return formatTable({ columns, rows, width, headers });
}

interface CellColumn extends Column {
  /** Left out where all cells are empty. */
  readonly isOptional?: boolean;
  readonly cell: (finding: Finding, paint: Paint) => Cell;
}

const CELLS = cellsWith(shortDigest);
const WIDE_CELLS: readonly CellColumn[] = [
  ...cellsWith((digest = '') => digest),
  { name: 'NEXT', isOptional: true, cell: ({ why }) => timeOf(why?.next) },
  { name: 'UPLOADED', cell: ({ source }) => timeOf(source.uploadedAt) },
  { name: 'BYTES', align: 'right', cell: ({ source }) => String(source.size ?? '') },
  { name: 'SOURCE', cell: ({ source }) => releaseName(source) },
  { name: 'DESTINATION', cell: ({ destination }) => formatArtifact(destination) },
];

function cellsWith(show: (digest?: string) => string): readonly CellColumn[] {
  return [
    { name: 'TARGET', cell: ({ target }) => target.name },
    { name: 'RELEASE', cell: shortName },
    {
      name: 'STATE',
      cell: ({ state, pause }, paint) =>
        painted(paint, COLOURS[state], `${state}${pause ? ' (paused)' : ''}`),
    },
    { name: 'RULE', cell: ({ rule }) => rule.name },
    { name: 'REASON', isOptional: true, cell: describeReason },
    { name: 'SINCE', isOptional: true, cell: ({ why }) => timeOf(why?.since) },
    { name: 'DELIVERED', isOptional: true, cell: describeDelivery },
    { name: 'DIGEST', cell: ({ digest }) => show(digest) },
    {
      name: 'HOLDS',
      isOptional: true,
      cell: ({ state, digest, held }) => (state === 'stale' && held !== digest ? show(held) : ''),
    },
  ];
}

/** What the state does not say already: `retrying: target-denied`, `not sent`. */
function describeReason(finding: Finding): string {
  const { why, state } = finding;
  if (why === undefined || why.why === 'paused' || why.why === 'unknown') return reasonOf(finding);
  const { why: what, reason } = why;
  const isSaid = what === state || what === 'blocked';
  return [...(isSaid ? [] : [what]), ...(reason === undefined ? [] : [reason])].join(': ');
}

/** The reason that needs no log. */
function reasonOf({ state, digest, held, trouble, pause }: Finding): string {
  // An object may have the right content, and other metadata.
  const isDescribed = state === 'stale' && held !== undefined && held === digest;
  const own = trouble?.reason ?? (isDescribed ? 'metadata differs' : undefined);
  const isExplained = pause?.until !== undefined || pause?.reason !== undefined;
  return own ?? (isExplained && state !== 'current' ? describePause(pause) : '');
}

/** `2026-11-24 12:00 (4 s)` */
function describeDelivery(finding: Finding): string {
  const { deliveredAt } = finding;
  if (deliveredAt === undefined) return '';
  const took = deliveryTime(finding);
  const at = timeOf(deliveredAt);
  return took === undefined ? at : `${at} (${formatDuration(took)})`;
}

/** To the minute, in UTC. */
function timeOf(time: Date | undefined): string {
  return time?.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length).replace('T', ' ') ?? '';
}

function shortDigest(digest = ''): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
