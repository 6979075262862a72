import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createRegistry, type Registry } from '../../local/registry/registry';
import { planCustomers } from './customers';
import { expectationOf } from './model';
import { planMoves, type Move } from './moves';
import { differences } from './verify';

const customers = planCustomers(5);
const frozen = { target: 'customer-1', held: 'sha256:frozen' };
const moved = (tag: string, seed: string): Extract<Move, { kind: 'push' }> => ({
  kind: 'push',
  image: 'api',
  tag,
  content: image({ config: { seed } }),
});

describe('the plan of a chaos run', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(summary(1)).toEqual(summary(1));
    expect(summary(1)).not.toEqual(summary(2));
  });

  const summary = (seed: number) =>
    planMoves(seed, 15, 'x').map((move) =>
      move.kind === 'push' ? [move.image, move.tag, move.content.root.digest] : move,
    );
});

describe('the comparison after a chaos run', () => {
  let mirror: Registry;
  beforeEach(async () => {
    mirror = await createRegistry();
  });
  afterEach(() => mirror.close());

  const compare = (moves: readonly Move[]) => {
    const expectation = expectationOf(moves, customers, frozen);
    return differences(expectation, [
      { name: 'customer-0', role: 'plain', mirror, prefix: 'customer-0/vendor/' },
    ]);
  };
  const put = (content: ReturnType<typeof image>, tag: string) =>
    push(content, { registry: mirror.address, repository: 'customer-0/vendor/api', tag });

  it('finds nothing where the newest is there', async () => {
    const moves = [moved('latest', 'old'), moved('latest', 'new')];
    await put(moves[1]!.content, 'latest');
    expect(await compare(moves)).toEqual([]);
  });

  it('finds what is old, what is not there and what should not be', async () => {
    const moves = [moved('latest', 'old'), moved('latest', 'new'), moved('v1.1.0', 'x')];
    await put(moves[0]!.content, 'latest');
    await put(moves[0]!.content, 'v1.1.0-rc1');
    expect(await compare(moves)).toEqual([
      `customer-0 api:latest holds ${moves[0]!.content.root.digest}, not ${moves[1]!.content.root.digest}`,
      expect.stringMatching(
        /^customer-0 api:v1\.1\.0 lacks|^customer-0 api:v1\.1\.0 holds nothing/,
      ),
      expect.stringContaining('api:v1.1.0'),
      'customer-0 has api:v1.1.0-rc1, which is not for it',
    ]);
  });
});
