import { createSlots } from './slots';

it('gives out no more than its limit', async () => {
  const slots = createSlots(2);
  const first = await slots.take(1);
  await slots.take(1);
  expect(slots.tryTake()).toBeUndefined();
  first();
  expect(slots.tryTake()).toBeDefined();
});

it('lets the largest go first, and equals in the order of their arrival', async () => {
  const slots = createSlots(1);
  const release = await slots.take(1);
  const order: string[] = [];
  const waiting = ['small 1', 'large 9', 'middle 5', 'second 5'].map(async (name) => {
    const done = await slots.take(Number(name.split(' ')[1]));
    order.push(name);
    done();
  });
  release();
  await Promise.all(waiting);
  expect(order).toEqual(['large 9', 'middle 5', 'second 5', 'small 1']);
});

it('takes a slot back once', async () => {
  const slots = createSlots(1);
  const release = await slots.take(1);
  release();
  release();
  expect(slots.tryTake()).toBeDefined();
  expect(slots.tryTake()).toBeUndefined();
});
