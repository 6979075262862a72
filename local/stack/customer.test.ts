import { OTHER_KINDS, SAMPLE_CUSTOMERS } from './customer';

it.each(OTHER_KINDS)('has %ss for a customer', (kind) => {
  expect(SAMPLE_CUSTOMERS.flatMap(({ wants = [] }) => wants)).toContain(kind);
});
