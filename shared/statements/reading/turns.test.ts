import { createTurns } from './turns';

const LARGE = 2 * 1024 * 1024;

it('what is large waits until what came before it is done, and what is small does not', async () => {
  const turns = createTurns();
  const done: string[] = [];
  const first = await turns.enter(LARGE);
  const second = turns.enter(LARGE).then((leave) => {
    done.push('second');
    return leave;
  });
  const third = turns.enter(LARGE).then(() => done.push('third'));
  await turns.enter(1024);
  done.push('small');
  first();
  first();
  (await second)();
  await third;
  expect(done).toEqual(['small', 'second', 'third']);
});
