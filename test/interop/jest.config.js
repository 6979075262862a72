const base = require('../../jest.config.js');

/** What drives other people's tools and servers; `npm run test:interop` builds first. @type {import('jest').Config} */
module.exports = {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/interop/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  collectCoverageFrom: [],
  coverageThreshold: {},
  testTimeout: 120_000,
};
