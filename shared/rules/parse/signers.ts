import { parsePublicKey } from '../../statements/signers/public-key';
import { InvalidSignerError, type Signer } from '../../statements/signers/signer';
import { parseTrustedRoot } from '../../statements/signers/trusted-root';
import { anyText, parseGlob } from '../../text/glob';
import type { Signers } from '../clause';
import type { Draft } from './draft';
import type { Report } from './report';
import { KEYLESS, type SignerInput } from './signer-schema';

/** Reads a file by its path from where rules.yaml is. @throws an error that says why it cannot be read. */
export type ReadBeside = (path: string) => string;

/** Compiles the signers that are right, and reports what is wrong with the others. */
export function compileSigners(
  { signers }: Draft,
  readBeside: ReadBeside,
  report: Report,
): Signers {
  const read = new Map<string, unknown>();
  /** Many signers share a trusted root, which is large. */
  const parsed = <T>(path: string, parse: (text: string) => T): T => {
    const known = (read.get(path) as T | undefined) ?? parse(contentOf(path, readBeside));
    read.set(path, known);
    return known;
  };
  const compile = (name: string, written: SignerInput): Signer | undefined => {
    const { key, issuer, identity, trustedRoot } = written;
    const named = key === undefined ? 'trustedRoot' : 'key';
    try {
      if (key !== undefined) return { kind: 'key', name, ...parsed(key, parsePublicKey) };
      if (issuer === undefined || identity === undefined || trustedRoot === undefined) return;
      const glob = parseGlob(identity, anyText);
      const root = parsed(trustedRoot, parseTrustedRoot);
      return { kind: 'keyless', name, issuer, identity: glob, trustedRoot: root };
    } catch (error) {
      if (!(error instanceof InvalidSignerError)) throw error;
      report(['signers', name, named], `${JSON.stringify(written[named])} ${error.message}`);
      return undefined;
    }
  };
  return new Map(
    [...signers].map(([name, { whole }]) => {
      const problem = whole && formProblem(whole);
      if (problem !== undefined) report(['signers', name], problem, 'key');
      return [name, whole && problem === undefined ? compile(name, whole) : undefined];
    }),
  );
}

/** @throws {InvalidSignerError} */
function contentOf(path: string, readBeside: ReadBeside): string {
  try {
    return readBeside(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidSignerError(`cannot be read: ${why}`, { cause });
  }
}

function formProblem(written: SignerInput): string | undefined {
  const [said, lacking] = [true, false].map((isSaid) =>
    KEYLESS.filter((key) => (written[key] !== undefined) === isSaid).map((key) => `\`${key}\``),
  ) as [string[], string[]];
  if (written.key !== undefined) {
    return said.length === 0
      ? undefined
      : `a signer has a \`key\`, or is known by ${said.join(', ')}; not both`;
  }
  if (said.length === 0) return 'a signer has a `key`, or `issuer`, `identity` and `trustedRoot`';
  return lacking.length === 0
    ? undefined
    : `a signer without a \`key\` needs ${lacking.join(', ')}, too`;
}
