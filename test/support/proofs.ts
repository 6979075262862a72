import type { Proof, Statements } from '../../shared/statements/proof';

/** Statements that prove the same under every tag. */
export function provingAlways(proof: Proof): Statements {
  return { underTag: () => proof, underAnyTag: () => proof };
}
