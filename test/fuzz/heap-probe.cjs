'use strict';

const { setFlagsFromString } = require('node:v8');

// What V8 compiles, and what it learns of code that runs often, grows with time and not with what is held on to.
setFlagsFromString('--no-opt');
setFlagsFromString('--no-sparkplug');
setFlagsFromString('--no-lazy-feedback-allocation');
setFlagsFromString('--no-flush-bytecode');
setFlagsFromString('--regexp-interpret-all');

// Loaded into the function by NODE_OPTIONS. On SIGUSR2 it prints what is in use after a full collection: what the
// process holds on to, and nothing of when V8 last happened to collect.
process.on('SIGUSR2', () => {
  // Twice: what only a finalizer let go of, the second takes.
  global.gc();
  setImmediate(() => {
    global.gc();
    const { heapUsed, external } = process.memoryUsage();
    process.stdout.write(`${JSON.stringify({ bytesInUse: heapUsed + external })}\n`);
  });
});
