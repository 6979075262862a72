import type { RuleKind } from '../rules/kind';
import { references } from './references';
import { KINDS } from './kinds';

const kinds: readonly RuleKind[] = Object.values(KINDS);

describe.each(kinds)('what is named as $name', (kind) => {
  it.each(kind.place.examples)('is known for it by its form alone, at %s', (text) => {
    const place = kind.place.parse(text);
    const artifact = kind.destinationAt(place, 'x', kind.has.tag === true ? 'v1' : undefined);
    if (artifact === undefined) throw new Error(`nothing can be called "x" at ${text}`);
    expect([references.kindOfText(text), artifact.kind]).toEqual([kind.name, kind.name]);
    const name = references.format(artifact);
    expect(references.parse(name)).toEqual(artifact);
    expect(kinds.filter(({ reference }) => reference.recognizes?.(name) === true)).toEqual(
      kind.name === references.defaultKind ? [] : [kind],
    );
  });
});

it('takes the same kind for the usual one as the rules do', () => {
  expect(kinds.map(({ name }) => name)).toEqual(references.kinds);
});
