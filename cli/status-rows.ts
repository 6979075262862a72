import type { Finding, State } from '../shared/inventory/finding';
import { deliveryTime } from '../shared/inventory/overview';
import { formatArtifact, releaseName, tagOf } from '../shared/kinds/references';
import { formatSpan } from '../shared/text/span';
import { formatTable, type Cell } from '../shared/text/table';
import { painted, type Colour, type Paint } from './terminal';

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
    ...(target.paused && { paused: true }),
    ...trouble,
    delivered: finding.deliveredAt?.toISOString(),
    ...(took !== undefined && { seconds: took / 1000 }),
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

/** One row for each. */
export function formatRows(findings: readonly Finding[], paint: Paint, width?: number): string {
  const hasTimes = findings.some(({ deliveredAt }) => deliveredAt !== undefined);
  const names = [
    'TARGET',
    'RELEASE',
    'STATE',
    'RULE',
    ...(hasTimes ? ['DELIVERED'] : []),
    'DIGEST',
  ];
  const rows = findings.map((finding): Cell[] => [
    finding.target.name,
    shortName(finding),
    painted(
      paint,
      COLOURS[finding.state],
      `${finding.state}${finding.target.paused ? ' (paused)' : ''}`,
    ),
    finding.rule.name,
    ...(hasTimes ? [describeDelivery(finding)] : []),
    finding.trouble?.reason ?? digests(finding),
  ]);
  return formatTable({ columns: names.map((name) => ({ name })), rows, width });
}

/** `2026-11-24 12:00 (4 s)` */
function describeDelivery(finding: Finding): string {
  const { deliveredAt } = finding;
  if (deliveredAt === undefined) return '';
  const took = deliveryTime(finding);
  const at = deliveredAt.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length).replace('T', ' ');
  return took === undefined ? at : `${at} (${formatSpan(took)})`;
}

function digests({ state, digest = '', held = '' }: Finding): string {
  const short = (one: string): string => one.slice(0, 'sha256:'.length + 12);
  const [wanted, found] = [short(digest), short(held)];
  if (state !== 'stale') return wanted;
  // An object may have the right content, and other metadata.
  return found === wanted ? `${wanted}, described otherwise` : `${found} instead of ${wanted}`;
}
