import { parseArgs } from 'node:util';
import { createRegistry, type RegistryOptions } from './registry';

/** What the command needs of its process. */
export interface CommandDeps {
  readonly out: (text: string) => void;
  readonly fail: (text: string) => void;
  /** Settles when the registry shall end. */
  readonly stopped: Promise<unknown>;
}

const USAGE = `Serves an OCI registry: anonymous, deletes allowed.

  npm run registry -- [--port N] [--host H] [--storage DIR] [--immutable-tags] [--no-referrers] [--sparse]

  --port N          default: any free one
  --host H          default: 127.0.0.1
  --storage DIR     kept, and served again next time; default: a temporary folder, removed at the end
  --immutable-tags  refuse to move a tag, as Artifact Registry can
  --no-referrers    answer 404 to the referrers API
  --sparse          take manifests whose blobs or children are missing
`;

/** Serves a registry until it is stopped. Gives the exit code: 0, 1 when it could not start, 2 for wrong arguments. */
export async function runRegistry(
  args: readonly string[],
  { out, fail, stopped }: CommandDeps,
): Promise<0 | 1 | 2> {
  let options: RegistryOptions | 'help';
  try {
    options = readArguments(args);
  } catch (error) {
    fail(`${messageOf(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options === 'help') {
    out(USAGE);
    return 0;
  }
  try {
    const registry = await createRegistry(options);
    out(`${registry.origin}\n`);
    await stopped;
    await registry.close();
    return 0;
  } catch (error) {
    fail(`The registry cannot be served: ${messageOf(error)}\n`);
    return 1;
  }
}

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
  if (!/^\d+$/.test(values.port) || port > 65535) {
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
