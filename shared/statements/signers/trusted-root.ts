import * as z from 'zod';
import { InvalidSignerError, type TrustedRoot } from './signer';

const Time = z.lazy(() => z.iso.datetime({ offset: true }).transform((text) => new Date(text)));
const Period = z.lazy(() => z.looseObject({ start: Time.optional(), end: Time.optional() }));

/** Made at its first use: most cold starts read no trusted root. */
const TrustedRootSchema = z.lazy(() => {
  const authorities = z.array(
    z.looseObject({
      certChain: z.looseObject({ certificates: z.array(z.unknown()).min(1) }),
      validFor: Period.optional(),
    }),
  );
  const logs = z.array(
    z.looseObject({
      publicKey: z.looseObject({ rawBytes: z.string(), validFor: Period.optional() }),
    }),
  );
  return z.looseObject({
    mediaType: z
      .string()
      .regex(/^application\/vnd\.dev\.sigstore\.trustedroot(\.v0\.\d+)?\+json(;version=0\.\d+)?$/),
    certificateAuthorities: authorities.min(1),
    tlogs: logs.default([]),
    ctlogs: logs.default([]),
    timestampAuthorities: authorities.default([]),
  });
});

/**
 * Reads a trusted root as far as that costs no cold start: its keys and certificates are read when the first statement is
 * verified with them.
 *
 * @throws {InvalidSignerError}
 */
export function parseTrustedRoot(text: string): TrustedRoot {
  const json = parseJson(text);
  const { data, error } = TrustedRootSchema.safeParse(json);
  if (!data) {
    const [issue] = error.issues;
    const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
    throw new InvalidSignerError(
      `is no trusted root of Sigstore (${where}${issue?.message ?? ''}): \`cosign trusted-root create\` makes one, \`gh attestation trusted-root\` prints GitHub's`,
    );
  }
  const authorities = data.certificateAuthorities.map(({ validFor }) => validFor ?? {});
  const logs = data.tlogs.map(({ publicKey }) => publicKey.validFor ?? {});
  const stamps = data.timestampAuthorities.map(({ validFor }) => validFor ?? {});
  if (logs.length + stamps.length === 0) {
    throw new InvalidSignerError(
      'has neither a transparency log nor a timestamp authority, so the time of a signature would be unknown',
    );
  }
  return {
    json: json as object,
    newest: latest([...authorities, ...logs, ...stamps].map(({ start }) => start ?? new Date(0))),
    ends: earliest([lastEnd(authorities), lastEnd(logs.length > 0 ? logs : stamps)]),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const roots = text.split('\n').filter((line) => line.trim() !== '');
    if (roots.length > 1 && roots.every(isJson)) {
      throw new InvalidSignerError(
        `holds ${roots.length} trusted roots, one a line: keep that of the Sigstore that signs, and write a signer for each`,
        { cause },
      );
    }
    throw new InvalidSignerError('is no JSON', { cause });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `undefined`: one of them has no end. */
function lastEnd(periods: readonly z.output<typeof Period>[]): Date | undefined {
  const ends = periods.map(({ end }) => end);
  return ends.includes(undefined) ? undefined : latest(ends.filter((end) => end !== undefined));
}

function earliest(times: readonly (Date | undefined)[]): Date | undefined {
  const known = times.filter((time) => time !== undefined).map(Number);
  return known.length === 0 ? undefined : new Date(Math.min(...known));
}

function latest(times: readonly Date[]): Date {
  return new Date(Math.max(...times.map(Number)));
}
