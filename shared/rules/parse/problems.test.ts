import { formatProblem, InvalidRulesError } from './problems';

const at = (line: number, column: number) => ({ line, column, message: `${line}.${column}` });

describe('what is wrong with a file', () => {
  it('is reported in order, with its name', () => {
    const { name, problems, message } = new InvalidRulesError(
      [at(2, 5), at(2, 1), at(10, 3), at(2, 10), at(1, 7)],
      'r.yaml',
    );
    expect(name).toBe('InvalidRulesError');
    expect(problems).toEqual([at(1, 7), at(2, 1), at(2, 5), at(2, 10), at(10, 3)]);
    expect(message).toBe(
      'r.yaml:1:7: 1.7\nr.yaml:2:1: 2.1\nr.yaml:2:5: 2.5\nr.yaml:2:10: 2.10\nr.yaml:10:3: 10.3',
    );
  });

  it('has the usual name where none is given', () => {
    expect(new InvalidRulesError([at(1, 1)]).message).toBe('rules.yaml:1:1: 1.1');
    expect(formatProblem(at(1, 2), 'f')).toBe('f:1:2: 1.2');
  });

  it.each([
    [50, 50, '50.1'],
    [51, 51, 'and 1 more problems'],
    [120, 51, 'and 70 more problems'],
  ])('is shown up to the fiftieth of %d', (count, lines, last) => {
    const { message, problems } = new InvalidRulesError(
      Array.from({ length: count }, (_, index) => at(index + 1, 1)),
    );
    expect(problems).toHaveLength(count);
    expect(message.split('\n')).toHaveLength(lines);
    expect(message.split(/\n|: /).at(-1)).toBe(last);
  });
});
