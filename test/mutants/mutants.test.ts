import { MUTANTS } from './all';
import { openProduct } from './product';

const { mutate } = openProduct(process.cwd());

describe('a mutant', () => {
  it.each(MUTANTS)('has a place in the product: $name', (mutant) => {
    const { source } = mutate(mutant);
    expect(source).toContain(mutant.replacement);
  });

  it('is loud when its place is gone, or is not one alone', () => {
    const mutant = { name: 'x', breaks: 'old', replacement: '' } as const;
    expect(() => mutate({ ...mutant, snippet: 'no such line' })).toThrow(/"x" stands nowhere/);
    expect(() => mutate({ ...mutant, snippet: 'export ' })).toThrow(/"x" stands in .*, /);
  });

  it('has a name of its own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });
});
