import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

const handedIn = 'comes from the System that is handed in (CONTRIBUTING.md).';
/** What would make two runs of the same work differ, besides the network. */
const machine = {
  globals: ['setTimeout', 'setInterval', 'setImmediate'],
  modules: ['timers', 'node:timers', 'timers/promises', 'node:timers/promises'],
  members: [
    ['AbortSignal', 'timeout'],
    ['Date', 'now'],
    ['performance', 'now'],
    ['process', 'hrtime'],
    ['Math', 'random'],
    ['crypto', 'randomUUID'],
    ['crypto', 'getRandomValues'],
  ],
  randomness: ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues', 'webcrypto'],
};

const time = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: `The time ${handedIn}`,
  },
  {
    selector: "CallExpression[callee.name='Date']",
    message: `The time ${handedIn}`,
  },
];

const asksTheTables =
  'Ask the table of kinds that is handed in (docs/contributing/adding-a-kind.md).';
/** One folder a kind, and one for what several of them share. */
const kindNames = readdirSync(new URL('shared/kinds/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'common')
  .map(({ name }) => name);
const KINDS = kindNames.join('|');
const kindFolders = kindNames.map((name) => `shared/kinds/${name}/**`);
/** What would tell kinds of artifacts apart where nobody but their own folders may. */
const kinds = [
  `BinaryExpression[operator=/^[!=]==$/]:not([left.operator='typeof']) > Literal[value=/^(${KINDS})$/]`,
  `SwitchCase > Literal[value=/^(${KINDS})$/]`,
  "BinaryExpression[operator='in'] > Literal[value=/^(bucket|registry)$/]",
  `CallExpression[callee.name='isOf'] > Literal[value=/^(${KINDS})$/]`,
].map((selector) => ({ selector, message: asksTheTables }));

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'node_modules', '**/*.mjs', '**/*.js', '**/*.cjs'] },
  tseslint.configs.strictTypeChecked,
  prettier,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'no-console': 'error',
      'max-lines-per-function': ['warn', { max: 60, skipComments: true, skipBlankLines: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['shared/**/*.ts', 'functions/**/*.ts'],
    // The machine's own time and randomness, and the transport, which waits for its sockets.
    ignores: ['**/*.test.ts', 'shared/system/*.ts', 'shared/oci/http/transport.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...machine.modules.map((name) => ({ name, message: `Time ${handedIn}` })),
            ...['crypto', 'node:crypto'].map((name) => ({
              name,
              importNames: machine.randomness,
              message: `Randomness ${handedIn}`,
            })),
            ...['perf_hooks', 'node:perf_hooks'].map((name) => ({
              name,
              importNames: ['performance'],
              message: `Time ${handedIn}`,
            })),
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        ...machine.members.map(([object, property]) => ({
          object,
          property,
          message: `It ${handedIn}`,
        })),
      ],
      'no-restricted-syntax': ['error', ...time],
      'no-restricted-globals': [
        'error',
        ...machine.globals.map((name) => ({ name, message: `Time ${handedIn}` })),
      ],
    },
  },
  {
    files: ['shared/**/*.ts'],
    ignores: ['**/*.test.ts', 'shared/system/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...machine.globals.map((name) => ({ name, message: `Time ${handedIn}` })),
        {
          name: 'process',
          message: 'shared/ takes its environment as arguments (CONTRIBUTING.md).',
        },
      ],
    },
  },
  {
    files: ['shared/**/*.ts', 'functions/**/*.ts', 'cli/**/*.ts', 'local/**/*.ts'],
    ignores: ['**/*.test.ts', ...kindFolders, 'shared/oci/**', 'shared/system/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...kinds] },
  },
  {
    files: ['shared/**/*.ts', 'functions/**/*.ts'],
    ignores: ['**/*.test.ts', ...kindFolders, 'shared/oci/**', 'shared/system/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...time, ...kinds] },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
