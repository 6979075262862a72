import { Readable } from 'node:stream';
import { systemClock } from '../../../../shared/system/clock';
import { corrupt, cut, drip, resize, stall, type Step } from './bytes';

const gone = new AbortController().signal;

/** What comes out of a step for a body of three pieces, and the error that ends it. */
async function through(step: Step): Promise<string> {
  const body = Readable.from(['012', '345', '678'].map((text) => Buffer.from(text)));
  let out = '';
  try {
    for await (const bytes of step(body)) out += bytes.toString('latin1');
  } catch (error) {
    out += ` ${(error as Error).name}`;
  }
  return out;
}

describe('a step', () => {
  it.each<{ name: string; step: Step; out: string }>([
    { name: 'cut inside a piece', step: cut(4), out: '0123 CutError' },
    { name: 'cut between pieces', step: cut(6), out: '012345 CutError' },
    { name: 'cut at the end', step: cut(9), out: '012345678 CutError' },
    { name: 'cut behind the end', step: cut(10), out: '012345678' },
    { name: 'stall behind the end', step: stall(10, gone), out: '012345678' },
    {
      name: 'stall for one who has gone',
      step: stall(4, AbortSignal.abort()),
      out: '0123 CutError',
    },
    { name: 'corrupt', step: corrupt(4), out: '0123\xcb5678' },
    { name: 'corrupt behind the end', step: corrupt(9), out: '012345678' },
    { name: 'shorten', step: resize(4), out: '0123' },
    { name: 'shorten to nothing', step: resize(0), out: '' },
    { name: 'lengthen', step: resize(11), out: '012345678\0\0' },
    { name: 'drip', step: drip(200, gone, systemClock), out: '012345678' },
    { name: 'drip slower than a byte a step', step: drip(19, gone, systemClock), out: '012345678' },
    {
      name: 'drip for one who has gone',
      step: drip(200, AbortSignal.abort(), systemClock),
      out: '012 AbortError',
    },
  ])('can $name', async ({ step, out }) => {
    expect(await through(step)).toBe(out);
  });
});
