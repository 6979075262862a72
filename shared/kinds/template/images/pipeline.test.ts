import {
  MAX_PIPELINE_BYTES,
  readPipeline,
  renameImages,
  UnreadablePipelineError,
} from './pipeline';

const VENDOR = 'us-docker.pkg.dev/vendor/releases/trainer:1.4.2';
const ACME = 'eu-docker.pkg.dev/acme/images/trainer:1.4.2';

const executor = (image: string) =>
  `deploymentSpec:\n  executors:\n    exec-train:\n      container:\n        image: ${image}\n`;

function rename(text: string): string {
  const read = readPipeline(Buffer.from(text));
  return renameImages(read, (name) => (name === VENDOR ? ACME : undefined));
}
const namesIn = (text: string) => readPipeline(Buffer.from(text)).images.map(({ name }) => name);

it.each([
  ['plain', VENDOR, ACME],
  ['in single quotes', `'${VENDOR}'`, `'${ACME}'`],
  ['in double quotes', `"${VENDOR}"`, `"${ACME}"`],
  ['escaped without need', `"${VENDOR.replaceAll('/', '\\/')}"`, `"${ACME}"`],
  ['as a block', `|-\n          ${VENDOR}`, `|-\n          ${ACME}`],
  ['folded', `>-\n          ${VENDOR}`, `>-\n          ${ACME}`],
  ['with a tag of its type', `!!str ${VENDOR}`, `!!str ${ACME}`],
  ['with an anchor', `&image ${VENDOR}`, `&image ${ACME}`],
  ['with a comment', `${VENDOR} # ${VENDOR}`, `${ACME} # ${VENDOR}`],
])('an image is renamed in its own quotes: %s', (_name, before, after) => {
  expect(rename(executor(before))).toBe(executor(after));
});

it('leaves everything else as it was, byte for byte', () => {
  const text = [
    '\ufeff# PIPELINE DEFINITION\r',
    `# Inputs: ${VENDOR}\r`,
    'components:',
    `  comp-é-😀: {defaultValue: "${VENDOR}"}`,
    'deploymentSpec:',
    '  executors:',
    '    exec-a:   {container: {args: [--image, IMAGE], command: [sh],   image: IMAGE}}',
    "    exec-b: {container: {image: 'python:3.12'}}",
    '    exec-c: {importer: {artifactUri: {constant: IMAGE}}}',
    '    exec-d:',
    '      container:',
    '        env: [{name: image, value: IMAGE}]',
    '        image: "IMAGE"   ',
    'root: {dag: {tasks: {}}}',
    '---',
    'platforms: {kubernetes: {deploymentSpec: {executors: {exec-a: {image: IMAGE}}}}}',
  ].join('\n');
  const before = text.replaceAll('IMAGE', VENDOR);
  const [first, last] = ['image: IMAGE}}\n', 'image: "IMAGE"'];
  const after = text
    .replace(first, first.replace('IMAGE', ACME))
    .replace(last, last.replace('IMAGE', ACME))
    .replaceAll('IMAGE', VENDOR);
  expect(rename(before)).toBe(after);
  expect(namesIn(before)).toEqual([VENDOR, 'python:3.12', VENDOR]);
  expect(rename(rename(before))).toBe(after);
});

it('reads JSON, and a pipeline within a job', () => {
  const spec = { deploymentSpec: { executors: { e: { container: { image: VENDOR } } } } };
  for (const value of [spec, { pipelineSpec: spec, runtimeConfig: {} }]) {
    for (const indent of [0, 2]) {
      const text = JSON.stringify(value, null, indent);
      expect(rename(text)).toBe(text.replace(VENDOR, ACME));
    }
  }
});

it('follows aliases and merged maps, and renames what they share once', () => {
  const text = [
    `shared: &base {image: ${VENDOR}, command: [a]}`,
    `name: &name ${VENDOR}`,
    'deploymentSpec:',
    '  executors:',
    '    one: {container: *base}',
    '    two: {container: {<<: *base, args: [b]}}',
    '    three: {container: {<<: [*base], image: python:3.12}}',
    '    four: {container: {image: *name}}',
    '    five: {container: &self {<<: *self}}',
  ].join('\n');
  expect(namesIn(text)).toEqual([VENDOR, 'python:3.12', VENDOR]);
  expect(rename(text)).toBe(text.replace(VENDOR, ACME).replace('image: *name', `image: "${ACME}"`));
});

it.each([
  'just text',
  '',
  '[]',
  'deploymentSpec: {executors: [a]}',
  'deploymentSpec: {executors: {a: {container: {image: 7}}}}',
  'deploymentSpec: {executors: {a: {container: {image: *none}}}}',
  '? [a]\n: b\n',
])('finds nothing where nothing is named: %j', (text) => {
  expect(namesIn(text)).toStrictEqual([]);
});

it.each([
  ['not UTF-8', Buffer.from([0xff, 0xfe, 0x00]), /not UTF-8/],
  ['neither YAML nor JSON', Buffer.from('a: [b'), /neither YAML nor JSON/],
  ['too deep', Buffer.from('['.repeat(20_000)), /neither YAML nor JSON/],
  ['too large', Buffer.alloc(MAX_PIPELINE_BYTES + 1, ' '), /larger than 2097152 bytes/],
])('says what it cannot read: %s', (_name, bytes, message) => {
  expect(() => readPipeline(bytes)).toThrow(UnreadablePipelineError);
  expect(() => readPipeline(bytes)).toThrow(message);
});

it('is not led astray by maps that merge each other again and again', () => {
  const levels = Array.from({ length: 60 }, (_, level) =>
    level === 0
      ? 'l0: &l0 {image: a/b:1}'
      : `l${level}: &l${level} {<<: [*l${level - 1}, *l${level - 1}]}`,
  );
  const text = [...levels, 'deploymentSpec: {executors: {e: {container: *l59}}}'].join('\n');
  expect(namesIn(text)).toEqual(['a/b:1']);
});
