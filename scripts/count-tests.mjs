// Adds up jest's --json results: prints what failed, then "N passed, N failed". A missing or empty result is a failure.
import { existsSync, readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  if (result === undefined || result.numTotalTests === 0) {
    console.log(`No tests ran for ${file}.`);
    failed += 1;
    continue;
  }
  passed += result.numPassedTests;
  // A test file that does not even load has no tests to count.
  failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  for (const suite of result.testResults.filter(({ status }) => status === 'failed')) {
    const names = suite.assertionResults.filter(({ status }) => status === 'failed');
    console.log(`Failed in ${suite.name}: ${names.map(({ fullName }) => fullName).join('; ')}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
