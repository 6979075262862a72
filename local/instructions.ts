import type { Stack } from './stack/stack';

/** Where everything is. */
export function describePlaces({
  vendor,
  source,
  customers,
  pubsubAddress,
  broker,
}: Stack): string {
  const width = Math.max(...customers.map(({ name }) => name.length));
  const lines = customers.map(({ name, repository, about }) => {
    const note = about === undefined ? '' : `  (${about})`;
    return `    ${name.padEnd(width)}  ${repository}${note}`;
  });
  return `
  The vendor's registry    ${vendor.address}
  Releases are pushed to   ${source}
  Pub/Sub                  ${pubsubAddress} (${broker ? 'embedded' : "Google's emulator"})
  The customers' repositories
${lines.join('\n')}
`;
}

/** What a person can do while the stack is up: commands that work as they stand. */
export function describeCommands(stack: Stack): string {
  const { source, customers, copyArtifact, project } = stack;
  const image = `${source}/api:1.6.0`;
  const target = customers[0]?.name ?? '';
  const job = JSON.stringify({ source: `${source}/api:1.4.2`, target });
  const endpoint = `${copyArtifact.origin}/projects/${project}/topics/copy-jobs`;
  return `
Push an image of your own; it is released the same way:
  docker pull alpine && docker tag alpine ${image} && docker push ${image}
  skopeo copy --all --dest-tls-verify=false docker://docker.io/library/alpine docker://${image}
  crane copy --insecure alpine ${image}

Copy one again by hand, as a job or with the operator's command line, and see what was given up and why:
  curl -sS ${endpoint} -H 'content-type: application/json' \\
    -d '{"message":{"messageId":"by-hand","data":"${Buffer.from(job).toString('base64')}"}}'
  npm run --silent relay -- status --local
  npm run --silent relay -- republish ${source}/api:1.4.2 --target ${target} --local
  npm run --silent relay -- dead-letters list --local
  npm run --silent relay -- doctor --local
  (in the cloud: gcloud pubsub topics publish copy-jobs --message='${job}')

Ctrl-C ends everything.
`;
}
