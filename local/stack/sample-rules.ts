/** What rules are written about: repositories and buckets, by the names of the targets. */
export interface Places {
  /** The vendor's repository: `127.0.0.1:5050/vendor/releases`. */
  readonly source: string;
  /** The vendor's pipeline templates: `local-kfp.localhost:5080/vendor/pipelines`. */
  readonly templates: string;
  /** The vendor's folder of objects: `gs://vendor-releases/models`. */
  readonly bucket: string;
  readonly targets: readonly TargetPlaces[];
}

/** The public key of who signs what the vendor pushes, beside the rules. */
export const SAMPLE_KEY = 'keys/release.pub';

export interface TargetPlaces {
  readonly name: string;
  readonly repository: string;
  readonly templates?: string;
  readonly bucket?: string;
  readonly receipts?: boolean;
}

/** The rules of the local stack: images go to everyone, one of them once it is signed, pipeline templates and models to those who want them. */
export function sampleRules({ source, templates, bucket, targets }: Places): string {
  const lines = targets.map((target) => {
    const keys = (['repository', 'templates', 'bucket'] as const).flatMap((key) =>
      target[key] === undefined ? [] : [`${key}: '${target[key]}'`],
    );
    if (target.receipts === true) keys.push('receipts: true');
    return `  ${target.name}: { ${keys.join(', ')} }`;
  });
  const named = (wanted: readonly TargetPlaces[]): string =>
    wanted.map(({ name }) => name).join(', ');
  const takers = {
    templates: targets.filter((target) => target.templates !== undefined),
    objects: targets.filter((target) => target.bucket !== undefined),
  };
  return `targets:
${lines.join('\n')}
groups:
  everyone: [${named(targets)}]
signers:
  release: { key: ${SAMPLE_KEY} }
rules:
  - name: releases
    source: ${source}
    images: [api, 'services/**']
    tags:
      include: [latest]
      semver: '>=1.0.0'
      exclude: ['*-rc*']
    targets: [everyone]
  - name: signed
    source: ${source}
    images: [payments]
    require: [{ statement: signature, by: [release] }]
    targets: [everyone]
${takers.templates.length === 0 ? '' : pipelines(templates, named(takers.templates))}${takers.objects.length === 0 ? '' : models(bucket, named(takers.objects))}`;
}

function pipelines(source: string, targets: string): string {
  return `  - name: pipelines
    source: ${source}
    tags:
      semver: '>=1.0.0'
    targets: [${targets}]
`;
}

function models(source: string, targets: string): string {
  return `  - name: models
    source: ${source}
    objects: ['**/*.bin']
    targets: [${targets}]
`;
}
