import {
  APPROVAL,
  isOfType,
  nameOfType,
  OVERRIDE,
  SIGNATURE,
  STATEMENTS,
  statementProblem,
} from './requirement';

describe('the predicateType decides', () => {
  it.each([
    ['signature', SIGNATURE],
    ['provenance', 'https://slsa.dev/provenance/v1'],
    ['sbom', 'https://spdx.dev/Document'],
    ['sbom', 'https://spdx.dev/Document/v2.3'],
    ['sbom', 'https://cyclonedx.org/bom'],
    ['sbom', 'https://cyclonedx.org/bom/v1.6'],
    ['vulnerabilities', 'https://cosign.sigstore.dev/attestation/vuln/v1'],
    ['approval', APPROVAL],
  ])('%s: %s', (statement, predicateType) => {
    expect(isOfType(statement, predicateType)).toBe(true);
    expect(nameOfType(predicateType)).toBe(statement);
  });

  it.each([
    ['signature', 'https://slsa.dev/provenance/v1'],
    ['signature', `${SIGNATURE}/`],
    ['sbom', 'https://spdx.dev/Documents'],
    ['provenance', 'https://slsa.dev/provenance/v1/more'],
    ['provenance', 'https://slsa.dev/provenance/v0.2'],
    ['approval', OVERRIDE],
    ['toString', 'https://slsa.dev/provenance/v1'],
  ])('%s is not %s', (statement, predicateType) => {
    expect(isOfType(statement, predicateType)).toBe(false);
  });

  it('of a statement that has no name: exactly the URI', () => {
    expect(isOfType('https://example.com/test/v1', 'https://example.com/test/v1')).toBe(true);
    expect(isOfType('https://example.com/test/v1', 'https://example.com/test/v10')).toBe(false);
    expect(isOfType('https://example.com/', 'https://example.com/test/v1')).toBe(false);
    expect(nameOfType('https://example.com/test/v1')).toBe('https://example.com/test/v1');
    expect(nameOfType(OVERRIDE)).toBe('override');
  });
});

it('distinguishes what can be required from what cannot', () => {
  expect(
    [...Object.keys(STATEMENTS), 'https://example.com/x', 'urn:a:b'].filter(statementProblem),
  ).toStrictEqual([]);
  expect(statementProblem('signatures')).toContain('neither a statement (signature, provenance');
  expect(statementProblem('https://a b')).toContain('neither');
  expect(statementProblem(OVERRIDE)).toContain('see `override`');
});
