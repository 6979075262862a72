import { catalogByProject, type Catalog } from './catalog';

it('asks the registry of any project and the one of this project alone', async () => {
  const asked: string[] = [];
  const holding = (name: string): Catalog => ({
    images: () => Promise.resolve(void asked.push(name)),
    repositories() {
      asked.push(name);
      return Promise.resolve([{ name: 'vendor', immutableTags: name !== 'vendor' }]);
    },
  });
  const customers = Array.from({ length: 200 }, (_, at) => `customer-${at}`);
  const own = new Map(customers.map((name) => [name, holding(name)]));
  const catalog = catalogByProject(holding('vendor'), own);

  expect(await catalog.images('customer-7', 'vendor')).toBeUndefined();
  expect(await catalog.repositories('customer-7')).toEqual([
    { name: 'vendor', immutableTags: true },
  ]);
  await catalog.images('customer-8:images', 'vendor');
  await catalog.images('elsewhere', 'vendor');
  expect(asked).toEqual([
    ...['vendor', 'customer-7', 'vendor', 'customer-7', 'vendor', 'customer-8', 'vendor'],
  ]);
});
