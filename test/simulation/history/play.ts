import { call } from '../../support/in-process';
import { pathOf, TEMPLATES_HOST, VENDOR_BUCKET, VENDOR_HOST, VENDOR_REPOSITORY } from './customer';
import type { ImagePush, Move, Retag, Untag, Upload } from './move';
import type { Plan } from './plan';
import type { World } from '../world';

/** Does what a move says, at once and without a network in between. */
export async function play(world: World, { customers }: Plan, move: Move): Promise<void> {
  switch (move.kind) {
    case 'message':
      world.pubsub.publish(move.topic, move.data);
      return;
    case 'push':
    case 'untag':
      return playImage(world, move);
    case 'upload':
    case 'retag':
      return playTemplate(world, move);
    case 'put':
      world.buckets.put(VENDOR_BUCKET, move.name, move.content, { contentType: move.says });
      return;
    case 'description':
      world.buckets.describe(VENDOR_BUCKET, move.name, { contentType: move.says });
      return;
    case 'removal':
      world.buckets.remove(VENDOR_BUCKET, move.name);
      return;
    case 'loss': {
      const customer = customers.find(({ name }) => name === move.customer)!;
      const [backstage, path] = [world.backstageOf(customer.host), pathOf(customer, move.image)];
      // What has not arrived yet cannot be lost.
      if (await backstage.manifest(path, move.tag)) await backstage.remove(path, move.digest);
    }
  }
}

async function playImage({ backstageOf }: World, move: ImagePush | Untag): Promise<void> {
  const repository = `${VENDOR_REPOSITORY.slice(VENDOR_HOST.length + 1)}/${move.image}`;
  const vendor = backstageOf(VENDOR_HOST);
  if (move.kind === 'push') await vendor.push(repository, move.content, move.tag);
  else await vendor.untag(repository, move.tag);
}

const ORIGIN = `https://${TEMPLATES_HOST}`;
const BOUNDARY = 'simulated';

async function playTemplate({ templates }: World, move: Upload | Retag): Promise<void> {
  if (move.kind === 'upload') {
    const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
    const url = new URL('/vendor/pipelines', ORIGIN);
    await call(templates.serve, { method: 'POST', url, headers, body: formOf(move) });
    return;
  }
  const name = `/v1/projects/vendor/locations/us/repositories/pipelines/packages/${move.package}`;
  const path = move.isNew ? `tags?tagId=${move.tag}` : `tags/${move.tag}?updateMask=version`;
  const url = new URL(`${name}/${path}`, ORIGIN);
  const body = Buffer.from(
    JSON.stringify({ version: `${name.slice(4)}/versions/${move.version}` }),
  );
  await call(templates.serve, { method: move.isNew ? 'POST' : 'PATCH', url, body });
}

/** As kfp's client sends it. */
function formOf({ bytes, tags }: Upload): Buffer {
  const part = (head: string, content: string): string =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
  const content = part('name="content"; filename="pipeline.yaml"', bytes.toString());
  return Buffer.from(`${part('name="tags"', tags.join(','))}${content}--${BOUNDARY}--\r\n`);
}

export function describeMove(move: Move): string {
  switch (move.kind) {
    case 'message':
      return `somebody publishes to ${move.topic}: ${move.data}`;
    case 'push': {
      const tag = move.tag === undefined ? '' : `:${move.tag}`;
      return `the vendor pushes ${move.image}${tag} (${move.content.root.digest})`;
    }
    case 'untag':
      return `the vendor deletes ${move.image}:${move.tag}`;
    case 'upload':
      return `the vendor uploads the template ${move.package} with the tags ${move.tags.join(', ')}`;
    case 'retag':
      return `the vendor sets ${move.package}:${move.tag} to ${move.version}`;
    case 'put':
      return `the vendor writes ${move.name} (${move.content.crc32c})`;
    case 'description':
      return `the vendor says ${move.says} of ${move.name}`;
    case 'removal':
      return `the vendor deletes ${move.name}`;
    case 'loss':
      return `${move.customer} loses ${move.digest} of ${move.image}`;
  }
}
