/** A small compiled pipeline, as kfp's compiler writes it; another `seed` makes another version of it, as does another image. */
export function pipeline(name: string, seed = '', image = 'busybox:1.37'): Buffer {
  const lines = [
    `# PIPELINE DEFINITION`,
    `# Name: ${name}`,
    'components:',
    '  comp-say:',
    '    executorLabel: exec-say',
    'deploymentSpec:',
    '  executors:',
    '    exec-say:',
    '      container:',
    `        args: ['${seed}']`,
    '        command: [echo]',
    `        image: ${image}`,
    'pipelineInfo:',
    `  name: ${name}`,
    'root:',
    '  dag:',
    '    tasks:',
    '      say:',
    '        cachingOptions: {}',
    '        componentRef: {name: comp-say}',
    '        taskInfo: {name: say}',
    'schemaVersion: 2.1.0',
    'sdkVersion: kfp-2.17.3',
    '',
  ];
  return Buffer.from(lines.join('\n'));
}
