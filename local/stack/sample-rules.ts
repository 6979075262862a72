/** What rules are written about: repositories, by the names of the targets. */
export interface Places {
  /** The vendor's repository: `127.0.0.1:5050/vendor/releases`. */
  readonly source: string;
  readonly targets: readonly { readonly name: string; readonly repository: string }[];
}

/** The rules of the local stack: releases of the product go to everyone. */
export function sampleRules({ source, targets }: Places): string {
  const lines = targets.map(({ name, repository }) => `  ${name}: { repository: '${repository}' }`);
  const names = targets.map(({ name }) => name).join(', ');
  return `targets:
${lines.join('\n')}
groups:
  everyone: [${names}]
rules:
  - name: releases
    source: ${source}
    images: [api, 'services/**']
    tags:
      include: [latest]
      semver: '>=1.0.0'
      exclude: ['*-rc*']
    targets: [everyone]
`;
}
