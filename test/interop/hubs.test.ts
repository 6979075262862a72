import { tellOfChain } from '../support/chain-story';
import { startPubSubEmulator } from './servers';
import { describeWith } from './tools';

/** Divides the deployed back-offs. */
const SPEED = 1000;

describeWith(
  ['java', 'pubsub-emulator'],
  "over three hops behind Google's Pub/Sub emulator",
  () => {
    tellOfChain(async () => {
      const emulator = await startPubSubEmulator();
      return {
        options: { emulator: emulator.address, speed: SPEED },
        close: () => emulator.stop(),
      };
    });
  },
);
