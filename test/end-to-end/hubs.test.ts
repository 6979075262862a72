import { tellOfChain } from '../support/chain-story';

// Real processes and real copies, on a machine that may be busy.
jest.setTimeout(120_000);

describe('over three hops', () => {
  tellOfChain(() => Promise.resolve({ options: {}, close: () => Promise.resolve() }));
});
