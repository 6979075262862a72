import type { Digest } from '../../oci/digest';
import type { RepositoryName } from '../../oci/reference';
import type { Copy } from '../../rules/match';
import { stagesOf } from '../../rules/rules';
import type { SourceLookups } from './late-referrer';

export interface SplitCopies {
  /** What nothing but `require` may hold back. */
  readonly ready: readonly Copy[];
  /** The rules of the others whose earlier stage has not passed. */
  readonly waiting: readonly string[];
}

/** Separates the copies of a tag that wait for an earlier stage. The source is read only if a rule has `after`. */
export async function splitByStage(
  copies: readonly Copy[],
  { tag, ...subject }: RepositoryName & { readonly digest: Digest; readonly tag: string },
  lookUp: () => Promise<Pick<SourceLookups, 'readStatements'>>,
): Promise<SplitCopies> {
  const stages = stagesOf([...new Set(copies.flatMap(({ demanding }) => demanding))]);
  if (stages.length === 0) return { ready: copies, waiting: [] };
  const { readStatements } = await lookUp();
  const { rules } = (await readStatements(subject, stages, undefined)).underTag(tag);
  const waiting = new Set(rules.flatMap(({ proven, rule }) => (proven ? [] : [rule])));
  const ready = copies.filter(({ demanding }) => demanding.every(({ name }) => !waiting.has(name)));
  return { ready, waiting: [...waiting] };
}
