import { type Digest, isDigest } from '../../../shared/oci/digest';

/** Where to push to; `repository` is `project/repository`. */
export interface PushTarget {
  /** `http://127.0.0.1:5003` */
  readonly origin: string;
  readonly repository: string;
  readonly token?: string;
  /** What is said about the version, as `extra_headers` does. */
  readonly description?: string;
}

/**
 * Uploads a compiled pipeline as kfp's RegistryClient does, with the tags that it is to have, and gives its version. It is
 * deliberately not the product's client: tests compare the two.
 *
 * @throws {Error} with what the registry answered.
 */
export async function pushTemplate(
  { origin, repository, token, description }: PushTarget,
  bytes: Uint8Array,
  tags: readonly string[] = [],
): Promise<Digest> {
  const form = new FormData();
  if (tags.length > 0) form.set('tags', tags.join(','));
  form.set('content', new Blob([new Uint8Array(bytes)]), 'pipeline.yaml');
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(description !== undefined && { description: Buffer.from(description).toString('latin1') }),
  };
  const answer = await fetch(`${origin}/${repository}`, { method: 'POST', body: form, headers });
  const text = await answer.text();
  const version = text.replace(/^[^/]*\//, '');
  if (answer.ok && isDigest(version)) return version;
  throw new Error(`the upload to ${origin}/${repository} was answered ${answer.status}: ${text}`);
}

/**
 * Makes a tag of a package hold a version that is there, as kfp's RegistryClient does, whether there is such a tag or not.
 *
 * @throws {Error} with what the registry answered.
 */
export async function tagTemplate(
  { origin, repository, token }: PushTarget,
  name: string,
  { tag, version }: { readonly tag: string; readonly version: Digest },
): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const tags = `${origin}/${repository}/packages/${name}/tags`;
  const send = (method: string, url: string): Promise<Response> =>
    fetch(url, { method, headers, body: JSON.stringify({ name: '', version }) });
  const moved = await send('PATCH', `${tags}/${encodeURIComponent(tag)}?updateMask=version`);
  const answer =
    moved.status === 404 ? await send('POST', `${tags}?tagId=${encodeURIComponent(tag)}`) : moved;
  const text = await answer.text();
  if (!answer.ok) throw new Error(`tagging ${tags}/${tag} was answered ${answer.status}: ${text}`);
}

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
