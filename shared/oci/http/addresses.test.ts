import { isMetadataAddress, isPublicAddress } from './addresses';

it.each([
  '8.8.8.8',
  '199.36.153.4',
  '172.15.255.255',
  '172.32.0.1',
  '2600:1901::1',
  '2600:1901::1%eth0',
  '2a00:1450:4001::200e',
  '::ffff:8.8.8.8',
  '::ffff:8.8.8.8%eth0',
  '64:ff9b::8.8.8.8',
])('takes %s for public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
  expect(isMetadataAddress(address)).toBe(false);
});

it.each([
  ['this host', '0.0.0.0'],
  ['private', '10.1.2.3'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.255.0.9'],
  ['benchmarking', '198.19.0.1'],
  ['multicast', '224.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['loopback', '::1'],
  ['unspecified', '::'],
  ['unique local', 'fd12:3456::1'],
  ['site-local', 'fec0::1'],
  ['multicast', 'ff02::1'],
  ['documentation', '2001:db8::1'],
  ['Teredo', '2001:0:4136:e378::1'],
  ['6to4 of loopback', '2002:7f00:1::'],
  ['mapped loopback', '::ffff:127.0.0.1'],
  ['mapped loopback in a zone', '::ffff:127.0.0.1%lo0'],
  ['mapped loopback in hex', '::ffff:7f00:1'],
  ['NAT64 of a private address', '64:ff9b::a00:1'],
  ['NAT64 of this host', '64:ff9b::'],
  ['IPv4-compatible loopback', '::127.0.0.1'],
  ['local-use NAT64', '64:ff9b:1::1'],
])('does not take %s (%s) for public', (_what, address) => {
  expect(isPublicAddress(address)).toBe(false);
});

it.each([
  '169.254.169.254',
  '169.254.170.2',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  'fe80::1',
  'fe80::1%eth0',
  'fd20:ce::254',
  'fd00:ec2::254',
  '100.100.100.200',
])('knows %s as a place of metadata servers', (address) => {
  expect(isMetadataAddress(address)).toBe(true);
  expect(isPublicAddress(address)).toBe(false);
});
