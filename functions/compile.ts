import { credentials } from '@grpc/grpc-js';
import { flushCompileCache } from 'node:module';
import { useCompileCache } from './compile-cache';

/** Enough of a configuration for the functions to load. */
const TOPIC = 'projects/build/topics/none';
const ENVIRONMENT = {
  COPY_JOBS_TOPIC: TOPIC,
  COPY_RETRIES_TOPIC: TOPIC,
  DEAD_LETTER_TOPIC: TOPIC,
  RECONCILE_TOPIC: TOPIC,
};

/** Loads what a cold start loads, so that what it compiles is kept. Run by the build, in a process of its own. */
async function compile(): Promise<void> {
  useCompileCache();
  Object.assign(process.env, ENVIRONMENT);
  await import('./plan-copies/index.js');
  await import('./copy-artifact/index.js');
  await import('./reconcile/index.js');
  const { v1 } = await import('@google-cloud/pubsub');
  const publisher = new v1.PublisherClient({
    servicePath: 'localhost',
    sslCreds: credentials.createInsecure(),
  });
  await publisher.initialize();
  await publisher.close();
  flushCompileCache();
}

compile().then(
  () => process.exit(),
  (error: unknown) => {
    // A build without it serves as well, later.
    process.stderr.write(`Cold starts will compile what they load: ${String(error)}\n`);
    process.exit();
  },
);
