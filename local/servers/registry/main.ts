import { interruption } from '../../../shared/system/interruption';
import { runRegistry } from './command';

void runRegistry(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  fail: (text) => process.stderr.write(text),
  stopped: interruption({
    signals: process,
    exit: (code) => process.exit(code),
    now: Date.now,
  }).requested,
}).then((code) => {
  process.exitCode = code;
});
