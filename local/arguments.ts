import { parseArgs } from 'node:util';
import { KINDS } from '../shared/kinds/kinds';
import type { RuleKind } from '../shared/rules/kind';

export interface StartOptions {
  /** End once the sample release is everywhere. */
  readonly once: boolean;
  /** Port of the vendor's registry; absent: an easy one that is free. */
  readonly port?: number;
  /** A rules file of one's own; absent: the stack's. */
  readonly rules?: string;
  /** How long the sample release may take. */
  readonly timeoutSeconds: number;
}

const PLURALS = Object.values(KINDS).map(({ plural }: RuleKind) => plural);

export const USAGE = `Runs registry-relay on this machine: Pub/Sub, the three functions, a vendor's and three customers' servers for
${PLURALS.join(', ')}. Pushes a sample release of each, shows how it reaches the customers, and stays up for
releases of your own.

  npm start -- [--once] [--rules FILE] [--port N] [--timeout SECONDS]

  --once             end when every customer has the release: exit code 0, or 1 with the reason
  --rules FILE       your own rules: a registry for each of their targets, and an image for each rule of images
  --port N           port of the vendor's registry; default: the first free one from 5050 on
  --timeout SECONDS  how long the release may take; default: 60
  --help             this text

  PUBSUB_EMULATOR_HOST=HOST:PORT in the environment: use Google's Pub/Sub emulator there, not the embedded broker.
`;

/** Wrong usage; the message says which argument it is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws {UsageError} */
export function readArguments(args: readonly string[]): StartOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const { port, rules } = values;
  return {
    once: values.once,
    timeoutSeconds: readNumber('--timeout', values.timeout, 1, 86_400),
    ...(rules !== undefined && { rules }),
    ...(port !== undefined && { port: readNumber('--port', port, 0, 65_535) }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        once: { type: 'boolean', default: false },
        port: { type: 'string' },
        rules: { type: 'string' },
        timeout: { type: 'string', default: '60' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function readNumber(name: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= from && value <= to) return value;
  throw new UsageError(`${name} ${text} is not a number from ${from} to ${to}`);
}
