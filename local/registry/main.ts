import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { createRegistry, type RegistryOptions } from './registry';

const USAGE = `Serves an OCI registry: anonymous, deletes allowed.

  npm run registry -- [--port N] [--host H] [--storage DIR] [--immutable-tags] [--no-referrers] [--sparse]

  --port N          default: any free one
  --host H          default: 127.0.0.1
  --storage DIR     kept, and served again next time; default: a temporary folder, removed at the end
  --immutable-tags  refuse to move a tag, as Artifact Registry can
  --no-referrers    answer 404 to the referrers API
  --sparse          take manifests whose blobs or children are missing
`;

/** @throws {Error} that says which argument is wrong. */
function readArguments(args: readonly string[]): RegistryOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      storage: { type: 'string' },
      'immutable-tags': { type: 'boolean', default: false },
      referrers: { type: 'boolean', default: true },
      sparse: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`--port ${values.port} is not a port number`);
  }
  return {
    port,
    host: values.host,
    immutableTags: values['immutable-tags'],
    referrers: values.referrers,
    sparse: values.sparse,
    ...(values.storage !== undefined && { storage: values.storage }),
  };
}

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const registry = await createRegistry(options);
  process.stdout.write(`${registry.origin}\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await registry.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
});
