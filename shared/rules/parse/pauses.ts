import * as z from 'zod';
import { checked } from '../clause';
import { inOrder, type PauseWindow } from '../pauses';

const Moment = checked((text) =>
  Number.isNaN(parseMoment(text))
    ? `${JSON.stringify(text)} is not a date or a time in UTC. Write 2026-12-09 or 2026-12-09T18:00Z`
    : undefined,
);

const Reason = z.string().min(1).optional();

const Pause = z.strictObject({
  until: Moment.optional().meta({
    description:
      'The first moment at which deliveries resume, in UTC. A date means 00:00 of that day.',
    examples: ['2026-12-09'],
  }),
  reason: Reason.meta({
    description: 'Why, for people: status, the page and doctor show it.',
    examples: ['migration of the registry'],
  }),
});

/** `paused` of a target. */
export const Paused = z
  .union([z.boolean(), Pause])
  .default(false)
  .meta({
    description:
      'true: jobs for this target are acknowledged without copying; run `backfill` after resuming. With `until`, deliveries resume by themselves and `reconcile` delivers what was missed.',
    examples: [{ until: '2026-12-09', reason: 'migration of the registry' }],
  });

/** `freeze` of a target or group. */
export const Freezes = z
  .array(
    z
      .strictObject({
        from: Moment.meta({
          description: 'The first moment without deliveries, in UTC.',
          examples: ['2026-12-20'],
        }),
        until: Moment.meta({
          description:
            'The first moment at which deliveries resume, in UTC. A date means 00:00 of that day.',
          examples: ['2027-01-03'],
        }),
        reason: Reason.meta({
          description: 'Why, for people: status, the page and doctor show it.',
          examples: ['year-end freeze'],
        }),
      })
      .refine((one) => !(parseMoment(one.until) <= parseMoment(one.from)), {
        error: '`until` must be later than `from`',
      }),
  )
  .min(1)
  .optional()
  .meta({ description: 'Periods without deliveries. `reconcile` delivers afterwards.' });

interface Pausing {
  readonly paused?: z.output<typeof Paused>;
  readonly freeze?: z.output<typeof Freezes>;
}

/** Compiles the windows of a target or group; `of` is `target "acme"`. */
export function compilePauses(of: string, { paused = false, freeze = [] }: Pausing): PauseWindow[] {
  const { until, reason } = typeof paused === 'boolean' ? {} : paused;
  const pause: PauseWindow = {
    name: `the pause of ${of}`,
    ...(until !== undefined && { until: parseMoment(until) }),
    ...(reason !== undefined && { reason }),
  };
  const freezes = freeze.map(({ from, until: end, reason: why }): PauseWindow => ({
    name: `the freeze of ${of}`,
    from: parseMoment(from),
    until: parseMoment(end),
    ...(why !== undefined && { reason: why }),
  }));
  return [...inOrder([...(paused === false ? [] : [pause]), ...freezes])];
}

/** Milliseconds since 1970; NaN for what is not a date, or a time in UTC. */
function parseMoment(text: string): number {
  if (!/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?Z)?$/.test(text)) return NaN;
  const time = Date.parse(text.replace(' ', 'T'));
  // 30 February would be a day of March.
  const isReal =
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(text.slice(0, 'yyyy-mm-dd'.length));
  return isReal ? time : NaN;
}
