/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/errors-of-one-realm.js'],
  // Twice as many as cores: much of the longest tests is waiting for processes and clocks.
  maxWorkers: 4,
  // Against hanging alone: a machine may be busy.
  testTimeout: 60_000,
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/test/interop/'],
  transform: {
    '\\.(html|css|page\\.js)$': '<rootDir>/test/as-text.js',
    '\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'commonjs' },
      },
    ],
  },
  // A dynamic import must name the file that it is compiled to.
  moduleNameMapper: { '^(\\.{1,2}/.+)\\.js$': '$1' },
  transformIgnorePatterns: [
    '/node_modules/(?!(ansi-escapes|ansi-regex|ansi-styles|cli-cursor|commander|environment|get-east-asian-width|is-fullwidth-code-point|log-update|mimic-function|onetime|p-limit|restore-cursor|slice-ansi|string-width|strip-ansi|wrap-ansi|yocto-queue)/)',
  ],
  collectCoverageFrom: [
    '{functions,shared,cli,local}/**/*.ts',
    '!**/*.{test,d}.ts',
    // Types alone: nothing in them runs.
    '!shared/oci/{descriptor,repository}.ts',
    '!functions/parts.ts',
    '!local/servers/registry/faults/fault.ts',
    // Run by tests as processes, where their lines are not counted.
    '!{cli/index,cli/main,local/start,local/servers/registry/main,local/stack/loopback-preload}.ts',
  ],
  // Half the time of V8's own counts, which cost more than the tests.
  coverageProvider: 'babel',
  coverageReporters: [['text', { skipFull: true }], 'lcov'],
  coverageThreshold: { global: { lines: 95, branches: 90 } },
};
