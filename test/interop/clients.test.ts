import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildkitAttestation } from '../../local/images/attachments';
import type { Image } from '../../local/images/content';
import { image, index } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { findMissing, readImage } from '../../local/images/read';
import { SAMPLE_CUSTOMERS } from '../../local/stack/customer';
import { createStack, type Stack } from '../../local/stack/stack';
import { writeOciLayout } from './oci-layout';
import { describeWith, run, type Tool } from './tools';

const TAG = '1.0.0';

interface Client {
  readonly tool: Tool;
  /** Pushes the OCI layout in a folder to a reference. */
  readonly push: (layout: string, reference: string) => Promise<unknown>;
}

const CLIENTS: readonly Client[] = [
  {
    tool: 'skopeo',
    push: (layout, reference) =>
      run('skopeo', [
        ...['copy', '--all', '--preserve-digests', '--dest-tls-verify=false', '--quiet'],
        ...[`oci:${layout}:${TAG}`, `docker://${reference}`],
      ]),
  },
  {
    tool: 'crane',
    push: (layout, reference) => run('crane', ['push', '--insecure', '--index', layout, reference]),
  },
  {
    tool: 'oras',
    push: (layout, reference) =>
      run('oras', [
        ...['cp', '--from-oci-layout', '--to-plain-http', '--no-tty'],
        ...[`${layout}:${TAG}`, reference],
      ]),
  },
  {
    tool: 'regctl',
    push: (layout, reference) =>
      run('regctl', [
        ...hostOption(reference),
        ...['image', 'copy', `ocidir://${layout}:${TAG}`, reference],
      ]),
  },
];

let stack: Stack;
let folder: string;
beforeAll(async () => {
  // Without receipts, so that what refers to an image is what a client attached.
  const customers = SAMPLE_CUSTOMERS.map((customer) => ({ ...customer, receipts: false }));
  stack = await createStack({ port: 0, speed: 10, customers });
  folder = await mkdtemp(join(tmpdir(), 'clients-'));
});
afterAll(async () => {
  await stack.close();
  await rm(folder, { recursive: true, force: true });
});

/** A multi-platform image with attestations, as buildx makes it. */
function buildxImage(seed: string): Image {
  const entries = ['amd64', 'arm64'].map((architecture) => {
    const platform = { os: 'linux', architecture };
    const layers = [layer({ seed: `${seed} ${architecture}`, size: 300_000 })];
    return { image: image({ layers, platform }), platform };
  });
  const attestations = entries.map(({ image: { root } }) => buildkitAttestation(root));
  return index({ entries: [...entries, ...attestations] });
}

function hostOption(reference: string): readonly string[] {
  return ['--host', `reg=${reference.split('/')[0] ?? ''},tls=disabled`];
}

/** Where the releases of `services/<name>` go, at every target. */
function destinations(name: string) {
  return stack.customers.map(({ host, repository }) => ({
    registry: host.address,
    repository: `${repository.slice(host.address.length + 1)}/services/${name}`,
  }));
}

/** Resolves when every target's tag has the digest; the test's time-out is the limit. */
async function arrivalOf(name: string, digest: string): Promise<void> {
  for (const location of destinations(name)) {
    while ((await readImage(location, TAG)).digest !== digest) await sleep(50);
  }
}

describe.each(CLIENTS)('$tool', ({ tool, push }) => {
  describeWith([tool, 'crane'], 'as the client of the local stack', () => {
    it('pushes an image that arrives at every target, digest for digest', async () => {
      const content = buildxImage(tool);
      const layout = join(folder, tool);
      await writeOciLayout(content, TAG, layout);
      const pushed = `${stack.source}/services/${tool}:${TAG}`;
      await push(layout, pushed);
      const digest = await run('crane', ['digest', '--insecure', pushed]);

      await arrivalOf(tool, digest);

      for (const location of destinations(tool)) {
        const reference = `${location.registry}/${location.repository}:${TAG}`;
        expect(await run('crane', ['digest', '--insecure', reference])).toBe(digest);
        expect((await readImage(location, TAG)).missing).toStrictEqual([]);
        expect(await findMissing(content, location)).toStrictEqual([]);
      }
    });
  });
});

describeWith(['oras', 'regctl'], 'a signature pushed after its image', () => {
  it.each([
    [
      'oras',
      (subject: string, file: string) =>
        run('oras', [
          ...['attach', '--plain-http', '--no-tty', '--disable-path-validation'],
          ...['--artifact-type', 'application/vnd.example.signature', subject, file],
        ]),
    ],
    [
      'regctl',
      (subject: string, file: string) =>
        run('regctl', [
          ...hostOption(subject),
          ...['artifact', 'put', '--artifact-type', 'application/vnd.example.signature'],
          ...['--file', file, '--subject', subject],
        ]),
    ],
  ] as const)('is attached by %s and follows to every target', async (tool, attach) => {
    const name = `signed-by-${tool}`;
    const pushed = `${stack.source}/services/${name}:${TAG}`;
    const layout = join(folder, name);
    const content = buildxImage(name);
    await writeOciLayout(content, TAG, layout);
    await run('oras', ['cp', '--from-oci-layout', '--to-plain-http', `${layout}:${TAG}`, pushed]);
    await arrivalOf(name, content.root.digest);

    const file = join(folder, `${name}.txt`);
    await writeFile(file, 'a signature');
    await attach(pushed, file);

    const signatures = await referrersOf(pushed);
    expect(signatures).toHaveLength(1);
    for (const { registry, repository } of destinations(name)) {
      const destination = `${registry}/${repository}:${TAG}`;
      while ((await referrersOf(destination)).length === 0) await sleep(50);
      expect(await referrersOf(destination)).toEqual(signatures);
    }
  });
});

/** By oras, which asks the referrers API, or reads the fallback tag where there is none. */
async function referrersOf(reference: string): Promise<readonly string[]> {
  const output = await run('oras', ['discover', '--plain-http', '--format', 'json', reference]);
  const { referrers } = JSON.parse(output) as { referrers?: readonly { digest: string }[] };
  return (referrers ?? []).map(({ digest }) => digest);
}
