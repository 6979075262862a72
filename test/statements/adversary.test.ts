import { missingOf } from '../../shared/statements/proof';
import { createProver } from '../../shared/statements/prove';
import { createRandom } from '../support/random';
import { createAdversary, judge, TAG, type GeneratedRelease } from './adversary';

/** In all; more with ADVERSARY_RELEASES (`.ci/nightly`: 10,000). */
const RELEASES = Number(process.env['ADVERSARY_RELEASES'] ?? 2000);
const PARTS = 10;

let make: Awaited<ReturnType<typeof createAdversary>>;
beforeAll(async () => {
  make = await createAdversary();
});

const prove = createProver();

/** What is wrong with the answer, with the seed to make it again. */
async function check(release: GeneratedRelease, seed: string): Promise<string | undefined> {
  const { now, rules, source, subject, truths } = release;
  const proof = (await prove({ source, subject: subject.digest, tag: TAG, rules, now })).underTag(
    TAG,
  );
  const { met, proven } = judge(rules, truths);
  const answer = proof.rules.map(({ requirements }) => requirements.map((one) => one.met));
  if (proof.proven === proven && JSON.stringify(answer) === JSON.stringify(met)) return undefined;
  const story = release.story.join(', ');
  return `${seed}: ${story}: ${JSON.stringify({ proven, met, answered: proof.proven, answer })} ${missingOf(proof).join('; ')}`;
}

it.each(Array.from({ length: PARTS }, (_, part) => part))(
  'of many releases none goes out that is not proven, and none is held that is: part %i',
  async (part) => {
    const wrong: string[] = [];
    const counts = { proven: 0, held: 0, robbed: 0 };
    for (let number = 0; number < RELEASES / PARTS; number++) {
      const seed = part * (RELEASES / PARTS) + number;
      const random = createRandom(seed);
      const release = make(random);
      const problem = await check(release, `seed ${seed}`);
      if (problem !== undefined) wrong.push(problem);
      counts[release.proven ? 'proven' : 'held'] += 1;
      // What is removed meanwhile proves nothing any more.
      const [robbed] = random.shuffle(release.truths);
      if (!robbed) continue;
      robbed.remove(release.source);
      const left = release.truths.filter(({ carrier }) => carrier !== robbed.carrier);
      const after = await check(
        { ...release, truths: left },
        `seed ${seed}, robbed of ${robbed.statement}`,
      );
      if (after !== undefined) wrong.push(after);
      counts.robbed += 1;
    }
    expect(wrong).toStrictEqual([]);
    // Neither is rare.
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(RELEASES / PARTS / 5);
  },
);
