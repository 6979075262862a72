import { toldOf } from '../../../test/support/rule-problems';

const QUOTES = "a glob that begins with * needs quotes: '*'";
const VARIABLE =
  '`${REPO}` is no YAML without quotes, and nothing is put in its place: the file is read as it is';

describe('what is wrong with YAML', () => {
  it.each<[string, string[]]>([
    [
      'a: [1',
      ['1:6 flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['\ta: 1', ['1:1 tabs are not allowed as indentation']],
    ['a: "x', ['1:6 missing closing "quote']],
    ['a: 1\n---\nb: 2', ['2:1 a second document starts here ("---"): one file holds one document']],
    ['a: *\n', [`1:4 alias cannot be an empty string; ${QUOTES}`]],
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
    ['a: !x 1\nb: !y 2', ['1:4 unresolved tag: !x', '2:4 unresolved tag: !y']],
    // Once the parser has lost its way, what it says of the rest is none.
    ['a: ]\nb: ]', ['1:4 unexpected flow-seq-end token in YAML stream: "]"']],
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
    ['a: !x 1\nb: "${REPO}"', ['1:4 unresolved tag: !x']],
  ])('is told: %j', (text, expected) => expect(toldOf(text)).toEqual(expected));
});
