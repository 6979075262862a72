import { KINDS } from '../shared/kinds/kinds';
import { KIND_NAMES } from '../shared/kinds/kinds';
import type { KindName } from '../shared/rules/artifact';
import type { Customer } from './stack/customer';
import { PLACE_KEYS, sourcesOf } from './stack/sample-rules';
import type { Stack } from './stack/stack';

/** Where everything is, and the page that shows what arrives. */
export function describePlaces(stack: Stack, page?: string): string {
  const { vendor, storage, customers, pubsubAddress, broker } = stack;
  const sources = sourcesOf(stack);
  const width = Math.max(...customers.map(({ name }) => name.length));
  const lines = customers.slice(0, MAX_SHOWN).map((customer) => {
    const note = customer.about === undefined ? '' : `  (${customer.about})`;
    const [first = '', ...more] = PLACE_KEYS.flatMap((key) => customer[key] ?? []);
    const indent = ''.padEnd(width);
    return [
      `    ${customer.name.padEnd(width)}  ${first}${note}`,
      ...more.map((place) => `    ${indent}  ${place}`),
    ].join('\n');
  });
  return `
  The vendor's registry    ${vendor.address}
${KIND_NAMES.map((kind) => `  ${titleOf(kind).padEnd(25)}${sources[kind]}`).join('\n')}
  Cloud Storage            ${storage.origin} (STORAGE_EMULATOR_HOST)
  Pub/Sub                  ${pubsubAddress} (${broker ? 'embedded' : "Google's emulator"})
  The customers' targets
${lines.join('\n')}${moreOf(customers.length - lines.length, 'customers')}
${page === undefined ? '' : `  See releases arrive       ${page}\n`}`;
}

/** Customers and rules that are listed. */
const MAX_SHOWN = 6;

function moreOf(hidden: number, what: string): string {
  return hidden > 0 ? `\n  and ${hidden} more ${what}` : '';
}

function describePage(page: string | undefined): string {
  return page === undefined ? '' : `See releases arrive: ${page}\n`;
}

/** `Pipeline templates` */
function titleOf(kind: KindName): string {
  const { plural } = KINDS[kind];
  return `${plural.slice(0, 1).toUpperCase()}${plural.slice(1)}`;
}

/** How a person pushes one of each kind. */
const PUSHES: Readonly<Record<KindName, (stack: Stack) => string>> = {
  image({ source }) {
    const image = `${source}/api:1.6.0`;
    return `  docker pull alpine && docker tag alpine ${image} && docker push ${image}
  skopeo copy --all --dest-tls-verify=false docker://docker.io/library/alpine docker://${image}
  crane copy --insecure alpine ${image}`;
  },
  template: ({ vendorTemplates: { origin } }) =>
    `  echo 'pipelineInfo: { name: mine }' | curl -sS ${origin}/vendor/pipelines -F tags=1.5.0 -F content=@-`,
  object({ storage, bucket }) {
    const upload = `${storage.origin}/upload/storage/v1/b/${bucket.split('/')[2] ?? ''}`;
    return `  echo 'any bytes' | curl -sS '${upload}/o?uploadType=media&name=models/my.bin' --data-binary @-`;
  },
};

/** What a person can do while the stack is up: commands that work as they stand. */
export function describeCommands(stack: Stack, page?: string): string {
  const { source, customers, copyArtifact, project } = stack;
  const receiver = customers.find(({ receipts }) => receipts);
  const target = customers[0]?.name ?? '';
  const job = JSON.stringify({ source: `${source}/api:1.4.2`, target });
  const jobInCloud = JSON.stringify({
    source: 'us-docker.pkg.dev/vendor/releases/api:1.4.2',
    target,
  });
  const endpoint = `${copyArtifact.origin}/projects/${project}/topics/copy-jobs`;
  return `
Push something of your own; it is released the same way:
${KIND_NAMES.map((kind) => PUSHES[kind](stack)).join('\n')}

Copy one again, with a job or the command line, and look for failures:
  curl -sS ${endpoint} -H 'content-type: application/json' \\
    -d '{"message":{"messageId":"by-hand","data":"${Buffer.from(job).toString('base64')}"}}'
  npx relay status --local
  npx relay republish ${source}/api:1.4.2 --target ${target} --yes --local
  npx relay evidence ${source}/api:1.4.2 --local
  npx relay dead-letters list --local
  npx relay doctor --local
  (in the cloud: gcloud pubsub topics publish copy-jobs --message='${jobInCloud}')
${receiver ? describeReceipts(stack, receiver) : ''}${describePage(page)}
Ctrl-C ends everything.
`;
}

/** As its customer verifies them, who has nothing but the public key. */
function describeReceipts({ signing }: Stack, { repository }: Customer): string {
  return `
Verify a receipt, as a customer does:
  cosign verify-attestation --key ${signing.publicKeyFile} --insecure-ignore-tlog \\
    --type https://registry-relay.dev/receipt/v1 --allow-http-registry ${repository}/api:1.4.2
`;
}

/** The same for user-provided rules: where each of them watches on this machine. */
export function describeOwnCommands(
  { rules, rulesFile, customers, storage }: Stack,
  page?: string,
): string {
  const shown = rules.rules.slice(0, MAX_SHOWN);
  const hidden = rules.rules.length - shown.length;
  const width = Math.max(...shown.map(({ name }) => name.length));
  const target = customers[0]?.name ?? '';
  return `
What is pushed here goes by your rules (objects with STORAGE_EMULATOR_HOST=${storage.origin}):
${shown.map(({ name, at }) => `  ${name.padEnd(width)}  ${at}`).join('\n')}${moreOf(hidden, 'rules')}

See what became of it:
  npx relay status --local
  npx relay explain REFERENCE --local
  npx relay republish REFERENCE --target ${target} --yes --local
  npx relay dead-letters list --local
Preview a change: edit a copy of your rules as they run here, ${rulesFile}
  npx relay plan --rules COPY --local

Signatures that your rules require are not asked for here, and no account is impersonated.
${describePage(page)}Ctrl-C ends everything.
`;
}
