import { isAlias, isMap, isPair, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, Node, Pair, Scalar } from 'yaml';

/** An image that a compiled pipeline names, and where its text does: from `start` up to `end`, with its quotes. */
export interface NamedImage {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A text, and the images that it names, in the order of the text. */
export interface Pipeline {
  readonly text: string;
  readonly images: readonly NamedImage[];
}

/**
 * What is larger is not parsed, which takes a hundred times the memory of the text. A compiled pipeline that a cluster
 * can run is far smaller.
 */
export const MAX_PIPELINE_BYTES = 2 * 1024 * 1024;

/** The text is no pipeline that can be read; the message is for people. */
export class UnreadablePipelineError extends Error {
  override readonly name = 'UnreadablePipelineError';
}

/**
 * The text of a compiled pipeline, and the image of each of its executors, in the order of the text: YAML of one document
 * or several (a platform's own follows the pipeline), JSON, and the older form that has the pipeline inside a job
 * (https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto, `PipelineDeploymentConfig`).
 *
 * @throws {UnreadablePipelineError}
 */
export function readPipeline(bytes: Uint8Array): Pipeline {
  if (bytes.length > MAX_PIPELINE_BYTES) {
    throw new UnreadablePipelineError(`it is larger than ${MAX_PIPELINE_BYTES} bytes`);
  }
  const text = decode(bytes);
  const documents = parse(text);
  const found = new Map<number, NamedImage>();
  for (const document of documents) {
    for (const node of imagesOf(document)) {
      const [start, end] = node.range ?? [0, 0];
      // What several executors share, by an alias, is one place in the text.
      found.set(start, { name: String(nameIn(node, document)), start, end });
    }
  }
  return { text, images: [...found.values()].sort((a, b) => a.start - b.start) };
}

/**
 * The text with other names for some of its images, in the same quotes, and everything else as it was. The same names
 * always give the same text.
 */
export function renameImages(
  { text, images }: Pipeline,
  nameOf: (image: string) => string | undefined,
): string {
  const parts: string[] = [];
  let done = 0;
  for (const { name, start, end } of images) {
    const other = nameOf(name);
    if (other === undefined) continue;
    const written = text.slice(start, end);
    // A name has no character that needs an escape in any quotes. One that was escaped needlessly is quoted again, as is
    // an alias.
    const isVerbatim = written.includes(name) && !written.startsWith('*');
    const renamed = isVerbatim ? written.replace(name, () => other) : JSON.stringify(other);
    parts.push(text.slice(done, start), renamed);
    done = end;
  }
  return [...parts, text.slice(done)].join('');
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UnreadablePipelineError('it is not UTF-8', { cause });
  }
}

function parse(text: string): readonly Document[] {
  try {
    const documents = parseAllDocuments(text, { prettyErrors: false });
    const [error] = documents.flatMap(({ errors }) => errors);
    if (error !== undefined) throw error;
    return documents;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadablePipelineError(`it is neither YAML nor JSON: ${problem}`, { cause });
  }
}

/** The nodes that are images of executors, aliases among them. */
function imagesOf(document: Document): Node[] {
  const root = document.contents;
  const pipelines = [root, valueOf(document, root, 'pipelineSpec')];
  const executors = pipelines.flatMap((pipeline) => {
    const deployment = valueOf(document, pipeline, 'deploymentSpec');
    return pairsOf(document, valueOf(document, deployment, 'executors'));
  });
  return executors.flatMap(({ value }) => {
    const image = valueOf(document, valueOf(document, value, 'container'), 'image');
    return image !== undefined && nameIn(image, document) !== undefined ? [image] : [];
  });
}

/** The text of a node, or of what it is an alias of; undefined where that is no text. */
function nameIn(node: Node, document: Document): string | undefined {
  const scalar = resolved(document, node);
  return isScalar(scalar) && typeof scalar.value === 'string' ? scalar.value : undefined;
}

function valueOf(document: Document, node: unknown, key: string): Node | undefined {
  const pairs = pairsOf(document, node);
  const found = pairs.find((pair) => (pair.key as Scalar).value === key);
  return found?.value as Node | undefined;
}

/** The pairs of a map with plain keys; its own come before those that it merges (`<<`). */
function pairsOf(document: Document, node: unknown, seen = new Set<unknown>()): Pair[] {
  const map = resolved(document, node);
  if (!isMap(map) || seen.has(map)) return [];
  seen.add(map);
  const pairs = map.items.filter((item) => isPair(item) && isScalar(item.key));
  const merged = pairs
    .filter(({ key }) => (key as Scalar).value === '<<')
    .flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
  return [...pairs, ...merged.flatMap((other) => pairsOf(document, other, seen))];
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}
