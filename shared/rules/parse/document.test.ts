import { toldOf } from '../../../test/support/rule-problems';
import { readDocument, type RulesDocument } from './document';
import type { Problem } from './problems';

describe('a document', () => {
  function read(text: string): RulesDocument {
    const document = readDocument(text);
    if (!('value' in document)) throw new Error(document.map(({ message }) => message).join());
    return document;
  }

  /** What is said instead of a document. */
  function toldOf(text: string): readonly Problem[] {
    const document = readDocument(text);
    return 'value' in document ? [] : document;
  }

  const TEXT = `targets:
  acme: { repository: x }
rules:
  - &first
    name: one
    tags: { include: [a, b] }
  - <<: *first
    name: two
  - *first
  - <<: [*first, { extra: 1 }]
  - other: &other { deep: 2 }
    <<: *first
? lonely
`;

  describe('a document', () => {
    it('is plain data, with merge keys and aliases put in', () => {
      const first = { name: 'one', tags: { include: ['a', 'b'] } };
      expect(read(TEXT).value).toEqual({
        targets: { acme: { repository: 'x' } },
        rules: [
          first,
          { ...first, name: 'two' },
          first,
          { ...first, extra: 1 },
          { ...first, other: { deep: 2 } },
        ],
        lonely: null,
      });
      expect(read(TEXT).problems).toStrictEqual([]);
      expect(read('').value).toBeNull();
    });

    const DEFAULTS = `a: &a x\nb: [${Array<string>(200).fill('*a').join()}]`;

    it('may have an alias in every one of many rules', () => {
      expect(read(DEFAULTS).value).toEqual({ a: 'x', b: Array(200).fill('x') });
    });

    it.each<[PropertyKey[], string, string]>([
      [[], '1:1', '1:1'],
      [['targets'], '2:3', '1:1'],
      [['targets', 'acme', 'repository'], '2:23', '2:11'],
      [['rules', 0], '5:5', '5:5'],
      [['rules', 0, 'name'], '5:11', '5:5'],
      [['rules', 0, 'tags', 'include', 1], '6:26', '6:26'],
      // A merge key and an alias bring what stands elsewhere.
      [['rules', 1, 'tags'], '6:11', '6:5'],
      [['rules', 1, 'tags', 'include', 0], '6:23', '6:23'],
      [['rules', 1, 'name'], '8:11', '8:5'],
      [['rules', 2, 'name'], '5:11', '5:5'],
      [['rules', 3, 'name'], '5:11', '5:5'],
      [['rules', 3, 'extra'], '10:27', '10:20'],
      [['rules', 4, 'name'], '5:11', '5:5'],
      // What is not there is reported at the nearest node above it.
      [['rules', 4, 'deep'], '11:5', '11:5'],
      [['rules', 0, 'nothing'], '5:5', '5:5'],
      [['rules', 9], '4:3', '4:3'],
      [['rules', 'x'], '4:3', '4:3'],
      [['targets', 'nobody'], '2:3', '2:3'],
      [['targets', 'acme', 'repository', 'deep'], '2:23', '2:23'],
      [['lonely'], '13:3', '13:3'],
      [['nothing', 'name'], '1:1', '1:1'],
    ])('knows where %j stands, and its key', (path, value, key) => {
      const { locate, locateKey } = read(TEXT);
      const shown = [locate(path), locateKey(path)].map(({ line, column }) => `${line}:${column}`);
      expect(shown).toEqual([value, key]);
    });

    it.each([
      ['a: 1\na: 2\nb: {c: 1, c: 2}', ['2:1 `a`', '3:11 `c`']],
      ['1: a\n1: b', ['2:1 `1`']],
      ['x: &x {a: 1}\nc: {<<: *x, <<: *x}', ['2:13 `<<`']],
      ['a: 0\n? [odd]\n: 1\n? [odd]\n: 2', ['4:3 `["odd"]`']],
      ['a: {b: 1}\nc: {b: 1}', []],
    ])('reports duplicate keys: %j', (text, expected) => {
      const shown = read(text).problems.map(
        ({ line, column, message }) => `${line}:${column} ${message}`,
      );
      expect(shown).toEqual(
        expected.map((one) => one.replace(/`.*/, (key) => `the key ${key} is there twice`)),
      );
    });
  });

  describe('what is no document', () => {
    it('is reported by its syntax, and by undefined aliases', () => {
      const message = '`[` is not closed: `]` is missing';
      expect(toldOf('a: [1')).toEqual([{ line: 1, column: 4, message }]);
      expect(toldOf('a: 1\na: *b').map(({ line, column }) => [line, column])).toEqual([
        [2, 1],
        [2, 4],
      ]);
    });

    it('is reported for aliases that multiply', () => {
      const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
      for (let level = 1; level < 9; level++) {
        const below = Array(10)
          .fill(`*a${String(level - 1)}`)
          .join(', ');
        bomb.push(`a${String(level)}: &a${String(level)} [${below}]`);
      }
      expect(toldOf(bomb.join('\n'))).toEqual([
        {
          line: 1,
          column: 1,
          message: expect.stringMatching(/^not readable as YAML: .*alias count/) as string,
        },
      ]);
    });

    it('is reported for a file that is too large', () => {
      expect(toldOf(' '.repeat(33 * 1024 * 1024))).toEqual([
        { line: 1, column: 1, message: 'the file is longer than 32 MiB' },
      ]);
    });
  });
});

describe('its syntax', () => {
  const QUOTES = "a glob that begins with * needs quotes: '*'";
  const VARIABLE = '`${REPO}` needs quotes, and is not expanded: rules files have no variables';

  describe('what is wrong with YAML', () => {
    it.each<[string, string[]]>([
      ['a: [1', ['1:4 `[` is not closed: `]` is missing']],
      ['a: {b: [1]', ['1:4 `{` is not closed: `}` is missing']],
      ['\ta: 1', ['1:1 the line is indented with a tab. Indent it with spaces']],
      ['a: "x', ['1:4 `"` is not closed: `"` is missing']],
      ["a: 'x\nb: 1", ["1:4 `'` is not closed: `'` is missing"]],
      ['a: b: c', ['1:4 a value with ": " in it needs quotes']],
      ['a: {b: 1 c: 2}', ['1:8 "," is missing between two entries in brackets']],
      ['a:\n  b c\n  d: 1', ['2:3 ":" is missing after the key']],
      ['a: @b', ['1:4 a value that begins with @ needs quotes']],
      ['a: >=1 <2', ['1:4 a value that begins with > or | needs quotes']],
      ['a: "\\d"', ['1:5 `\\d` is not an escape sequence. Use single quotes, or write \\\\']],
      [
        'a: 1\n---\nb: 2',
        ['2:1 a second document starts here ("---"): one file holds one document'],
      ],
      ['a: *\n', [`1:4 \`*\` names no anchor; ${QUOTES}`]],
      [
        'images: [*-api]',
        [`1:10 \`*-api\` stands for \`&-api\`, which is nowhere above it; ${QUOTES}`],
      ],
      [
        'b: &defaults {}\na: *default\nc: *other',
        [
          '2:4 `*default` stands for `&default`, which is nowhere above it; did you mean `defaults`?',
          `3:4 \`*other\` stands for \`&other\`, which is nowhere above it; ${QUOTES}`,
        ],
      ],
      [
        'a: *b\na: 1',
        [
          `1:4 \`*b\` stands for \`&b\`, which is nowhere above it; ${QUOTES}`,
          '2:1 the key `a` is there twice',
        ],
      ],
      [
        'a: !x 1\nb: !y 2',
        [
          '1:4 a value that begins with ! needs quotes',
          '2:4 a value that begins with ! needs quotes',
        ],
      ],
      // Once the parser has lost its way, what it says of the rest is none.
      ['a: ]\nb: ]', ['1:4 "]" closes nothing. Remove it, or open it before']],
      [
        'b: &defaults {}\na: *defaults\nc: *other',
        [`3:4 \`*other\` stands for \`&other\`, which is nowhere above it; ${QUOTES}`],
      ],
      [
        '<<: *b\n<<: *b',
        [
          `1:5 \`*b\` stands for \`&b\`, which is nowhere above it; ${QUOTES}`,
          '2:1 the key `<<` is there twice',
          `2:5 \`*b\` stands for \`&b\`, which is nowhere above it; ${QUOTES}`,
        ],
      ],
      [
        '? [a]\n: *b\n? [c]\n: 1',
        [`2:3 \`*b\` stands for \`&b\`, which is nowhere above it; ${QUOTES}`],
      ],
      ['a: {b: ${REPO}, c: !x 1}', [`1:8 ${VARIABLE}`]],
      ['a: !x 1\nb: "${REPO}"', ['1:4 a value that begins with ! needs quotes']],
    ])('is reported: %j', (text, expected) => expect(toldOf(text)).toEqual(expected));
  });

  describe('a line that is indented wrongly', () => {
    const LINES = [
      'targets:',
      '  acme:',
      '    repository: us-docker.pkg.dev/acme/v',
      '  globex:',
      '    repository: us-docker.pkg.dev/globex/v',
      'groups:',
      '  all: [acme, globex]',
      'rules:',
      '  - name: api',
      '    source: gcr.io/v',
      '    tags:',
      '      include: [latest]',
      '    targets: [all]',
      '  - name: web',
      '    source: gcr.io/w',
      '    targets: [all]',
    ];
    const reindented = LINES.flatMap((line, at) =>
      [1, 2, -1, -2, 0]
        .filter((by) => line.startsWith(' '.repeat(-Math.min(by, 0))))
        .map((by): [string, number] => {
          const moved = by > 0 ? `${' '.repeat(by)}${line}` : line.slice(-by);
          return [LINES.with(at, by === 0 ? `\t${line}` : moved).join('\n'), at + 1];
        }),
    );

    it.each(reindented)('is one problem, in plain words: %j', (text, line) => {
      const document = readDocument(text);
      const told = 'value' in document ? [] : document;
      expect(told.length).toBeLessThanOrEqual(1);
      for (const problem of told) {
        expect(problem.message).toMatch(/^(?:this line|the line) /);
        // The next line of its level shows it at the latest.
        expect(problem.line).toBeGreaterThanOrEqual(line);
      }
    });

    it('is where it begins to differ', () => {
      const text = LINES.with(9, '      source: gcr.io/v').join('\n');
      expect(toldOf(text)).toEqual([
        '10:7 this line is indented too far: the line above it has a value, which cannot have keys or items too',
      ]);
      expect(toldOf(LINES.with(12, '   targets: [all]').join('\n'))).toEqual([
        '13:4 this line does not line up with the lines above it. Indent the keys and items of one level alike',
      ]);
    });
  });
});
