import { image } from '../images/image';
import { push } from '../images/push';
import type { GcrMessage } from '../servers/registry/events';
import { openVendor } from './vendor';

describe('openVendor', () => {
  it('takes another easy port when one is in use', async () => {
    const first = await openVendor(() => undefined);
    const second = await openVendor(() => undefined);
    expect(second.address).not.toBe(first.address);
    await first.close();
    await second.close();
  });

  it('says so when the port that was asked for is in use', async () => {
    const first = await openVendor(() => undefined);
    const port = Number(first.address.split(':')[1]);
    await expect(openVendor(() => undefined, port)).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is in use. Name another`,
    );
    await first.close();
  });

  it('has one name in its messages, whatever name it was pushed to', async () => {
    const messages: GcrMessage[] = [];
    const vendor = await openVendor((message) => messages.push(message));
    const registry = vendor.address.replace('127.0.0.1', 'localhost');
    await push(image(), { registry, repository: 'vendor/releases/api', tag: 'v1' });
    expect(messages).toMatchObject([{ tag: `${vendor.address}/vendor/releases/api:v1` }]);
    await vendor.close();
  });
});
