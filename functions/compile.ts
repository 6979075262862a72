import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { useCompileCache } from './compile-cache';

/** Enough of a configuration for the functions to load. */
const TOPIC = 'projects/build/topics/none';
const ENVIRONMENT = {
  COPY_JOBS_TOPIC: TOPIC,
  COPY_RETRIES_TOPIC: TOPIC,
  PLAN_RETRIES_TOPIC: TOPIC,
  DEAD_LETTER_TOPIC: TOPIC,
  RECONCILE_TOPIC: TOPIC,
};

/**
 * Loads what a cold start loads, and what the first job of a kind does, so that what it compiles is kept. Run by the build, in a
 * process of its own.
 */
async function compile(): Promise<void> {
  useCompileCache();
  Object.assign(process.env, ENVIRONMENT);
  for (const file of bundles()) await import(file);
  const { v1 } = await import('@google-cloud/pubsub');
  const { credentials } = await import('@grpc/grpc-js');
  const publisher = new v1.PublisherClient({
    servicePath: 'localhost',
    sslCreds: credentials.createInsecure(),
  });
  await publisher.initialize();
  await publisher.close();
  flushCompileCache();
}

/** Each function's own files, in the folders next to this one. */
function bundles(): string[] {
  const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /^[a-z-]+[\\/].*\.js$/.test(file))
    .sort()
    .map((file) => join(__dirname, file));
}

compile().then(
  () => process.exit(),
  (error: unknown) => {
    // A build without it serves as well, later.
    process.stderr.write(`Cold starts will compile what they load: ${String(error)}\n`);
    process.exit();
  },
);
