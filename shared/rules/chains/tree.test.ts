import { parseRules } from '../../kinds/rules';
import { ruleLines } from '../../../test/support/rule-lines';
import type { Rules } from '../rules';
import { chainLines, hubsOf } from './tree';

const NAMES = ['v', 'w', 'eu', 'asia', 'acme', 'globex', 'one', 'two', 'three', 'four'];

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);

/** Where each of these names is the target at `gcr.io/NAME`. */
function read(names: readonly string[], ...lines: string[]): Rules {
  return parseRules(
    ruleLines(Object.fromEntries(names.map((name) => [name, `gcr.io/${name}`])), lines),
  );
}
describe('hubs', () => {
  it.each<[string, string[], object[]]>([
    ['none', ['a: v -> acme', 'b: w -> globex'], []],
    [
      'one, in the order of the targets',
      ['b: eu -> acme', 'a: v -> asia+eu', 'c: asia -> globex'],
      [
        { target: 'eu', from: ['a'], to: ['b'] },
        { target: 'asia', from: ['a'], to: ['c'] },
      ],
    ],
    [
      'one that several rules feed, and several take from',
      [
        'a: v -> eu, images: [x]',
        'b: w -> eu, images: [x/y]',
        'c: eu -> acme',
        'd: gcr.io/eu/x -> globex',
      ],
      [{ target: 'eu', from: ['a', 'b'], to: ['c', 'd'] }],
    ],
    [
      'one that takers share, each once',
      ['a: v -> eu, images: [x]', 'b: w -> eu, images: [y]', 'c: eu -> acme, images: [x, y]'],
      [{ target: 'eu', from: ['a', 'b'], to: ['c'] }],
    ],
    [
      'one, where rules that take alike stand for one another',
      ['a: v -> eu', 'a2: v -> asia', 'c: eu -> acme', 'c2: eu -> globex'],
      [{ target: 'eu', from: ['a'], to: ['c', 'c2'] }],
    ],
    [
      'one, through a pattern that several rules share',
      [
        'a: v -> eu, images: [x]',
        'b: eu -> acme, images: [x]',
        'c: eu -> globex, images: [x], as: "c/{image}:{tag}"',
      ],
      [{ target: 'eu', from: ['a'], to: ['b', 'c'] }],
    ],
    [
      'each by what is taken from it alone',
      ['a: v -> eu+asia', 'b: eu -> acme', 'c: asia -> globex'],
      [
        { target: 'eu', from: ['a'], to: ['b'] },
        { target: 'asia', from: ['a'], to: ['c'] },
      ],
    ],
  ])('are %s', (_, lines, expected) => expect(hubsOf(read(NAMES, ...lines))).toEqual(expected));
});

const CUSTOMERS = numbered('c', 14);

describe('the tree', () => {
  it.each<[string, string[], string[]]>([
    ['is empty without a hub', ['a: v -> acme+globex'], []],
    [
      'has a branch for each target, those that go on first',
      ['a: v -> acme+eu', 'b: eu -> globex'],
      ['gcr.io/v', '├─ eu (rule a)', '│  └─ globex (rule b)', '└─ acme (rule a)'],
    ],
    [
      'is drawn to the last hop',
      ['a: v -> eu+asia', 'b: eu -> one+two', 'c: two -> three', 'd: asia -> four'],
      [
        'gcr.io/v',
        '├─ eu (rule a)',
        '│  ├─ two (rule b)',
        '│  │  └─ three (rule c)',
        '│  └─ one (rule b)',
        '└─ asia (rule a)',
        '   └─ four (rule d)',
      ],
    ],
    [
      'counts the rules of a branch',
      ['a: v -> eu, images: [x]', 'b: v -> eu, images: [y]', 'c: eu -> acme'],
      ['gcr.io/v', '└─ eu (rule a and 1 more)', '   └─ acme (rule c)'],
    ],
    [
      'begins at each source, in the order of the file, and not at a hub',
      ['h: eu -> acme', 'b: w -> eu, images: [y]', 'a: v -> eu, images: [x]'],
      [
        'gcr.io/w',
        '└─ eu (rule b)',
        '   └─ acme (rule h)',
        'gcr.io/v',
        '└─ eu (rule a)',
        '   └─ acme (rule h)',
      ],
    ],
    [
      'shows twelve leaves of a branch',
      [`a: v -> eu`, `b: eu -> ${numbered('c', 12).join('+')}`],
      [
        'gcr.io/v',
        '└─ eu (rule a)',
        ...numbered('c', 11).map((name) => `   ├─ ${name} (rule b)`),
        '   └─ c12 (rule b)',
      ],
    ],
    [
      'counts what is left of more than twelve',
      [`a: v -> eu`, `b: eu -> ${numbered('c', 14).join('+')}`],
      [
        'gcr.io/v',
        '└─ eu (rule a)',
        ...numbered('c', 12).map((name) => `   ├─ ${name} (rule b)`),
        '   └─ and 2 more',
      ],
    ],
  ])('%s', (_, lines, expected) =>
    expect(chainLines(read([...NAMES, ...CUSTOMERS], ...lines))).toEqual(expected),
  );

  /** One line for the source, ten for each hub, and one for each other target. */
  const large = (hubs: number, others: number) =>
    chainLines(
      read(
        ['v', ...numbered('h', hubs), ...numbered('l', others), ...CUSTOMERS],
        `a: v -> ${[...numbered('h', hubs), ...numbered('l', others)].join('+')}`,
        ...numbered('h', hubs).map(
          (hub) => `${hub}: ${hub} -> ${numbered('c', 9).join('+')}, as: "${hub}/{image}:{tag}"`,
        ),
      ),
    );

  it('ends after two hundred lines', () => {
    const whole = large(19, 9);
    expect(whole).toHaveLength(200);
    expect(whole.at(-1)).toBe('└─ l9 (rule a)');
    const cut = large(30, 0);
    expect(cut).toHaveLength(201);
    expect(cut.slice(-2)).toEqual(['│  ├─ c8 (rule h20)', 'and so on']);
  });
});
