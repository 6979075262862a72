// Runs in a Cloud Run job, as a service account: whether a token of the metadata server reads a manifest, and whether a token of
// another account does, by impersonation. Prints {"own": STATUS, "impersonated": STATUS}, as question 61 of
// registry-expectations.json has it. MANIFEST is the address of a manifest, ACCOUNT the one to act as.
const {
  MANIFEST = '',
  ACCOUNT = '',
  GCE_METADATA_HOST: host = 'metadata.google.internal',
  IAM_CREDENTIALS: iam = 'https://iamcredentials.googleapis.com',
} = process.env;

const bearer = (token) => ({ authorization: `Bearer ${token}` });

async function json(response, what) {
  if (!response.ok)
    throw new Error(`${what} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function read(token) {
  const { status } = await fetch(MANIFEST, { method: 'HEAD', headers: bearer(token) });
  return status;
}

const own = await json(
  await fetch(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`, {
    headers: { 'metadata-flavor': 'Google' },
  }),
  'The metadata server',
);
const facts = { own: await read(own.access_token) };
if (ACCOUNT !== '') {
  const given = await json(
    await fetch(`${iam}/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`, {
      method: 'POST',
      headers: { ...bearer(own.access_token), 'content-type': 'application/json' },
      body: JSON.stringify({
        scope: ['https://www.googleapis.com/auth/cloud-platform'],
        lifetime: '3600s',
      }),
    }),
    'The IAM Credentials API',
  );
  facts.impersonated = await read(given.accessToken);
}
process.stdout.write(`${JSON.stringify(facts)}\n`);
