import { parseJsonPointer, valueAt } from './json-pointer';

const document = { a: { 'b/c': [{ 'x~y': 'here' }, 'second'] }, '': 'empty', list: ['one'] };

describe('a JSON Pointer', () => {
  it.each([
    ['', document],
    ['/', 'empty'],
    ['/a/b~1c/0/x~0y', 'here'],
    ['/a/b~1c/1', 'second'],
    ['/list/length', undefined],
    ['/list/01', undefined],
    ['/list/-', undefined],
    ['/a/toString', undefined],
    ['/__proto__', undefined],
    ['/a/none/0', undefined],
    ['/list/0/0', undefined],
  ])('%s leads to %j', (text, value) => {
    expect(valueAt(document, parseJsonPointer(text))).toEqual(value);
  });

  it.each(['a', 'a/b', '/a~', '/a~2b'])('%s is refused', (text) => {
    expect(() => parseJsonPointer(text)).toThrow('is no JSON Pointer');
  });
});
