import { AddressRefusedError } from './errors';
import { bareHost, redactUrl, resolveServerUrl, isMetadataAddress, isPublicAddress } from './urls';

describe('urls', () => {
  const base = new URL('https://registry.example/v2/a/b/blobs/x');

  it.each([
    [
      '/v2/a/b/blobs/uploads/1?_state=x%3D',
      'https://registry.example/v2/a/b/blobs/uploads/1?_state=x%3D',
    ],
    ['uploads/1', 'https://registry.example/v2/a/b/blobs/uploads/1'],
    ['https://cdn.example/blob?sig=1', 'https://cdn.example/blob?sig=1'],
    ['//cdn.example/blob', 'https://cdn.example/blob'],
    ['https://8.8.8.8/blob', 'https://8.8.8.8/blob'],
    ['https://[2600:1901::1]/blob', 'https://[2600:1901::1]/blob'],
    ['/a/../../../etc#fragment', 'https://registry.example/etc'],
    [`/${'x'.repeat(8191)}`, `https://registry.example/${'x'.repeat(8191)}`],
  ])('resolves %s', (text, url) => {
    expect(resolveServerUrl(text, base, new Set([base.origin])).href).toBe(url);
  });

  it.each([
    ['user information', 'https://user:pass@registry.example/x', 'it carries user information'],
    ['a user alone', 'https://user@registry.example/x', 'it carries user information'],
    ['a password alone', 'https://:pass@registry.example/x', 'it carries user information'],
    ['a step down to http', 'http://registry.example/x', 'it leaves https'],
    ['another scheme', 'file:///etc/passwd', 'it is neither https nor http'],
    ['a script', 'javascript:alert(1)', 'it is neither https nor http'],
    ['a line break', '/x\r\nhost: evil.example', 'it has characters that a URL cannot have'],
    ['a tab', 'https://reg\tistry.example/', 'it has characters that a URL cannot have'],
    ['a space', '/x y', 'it has characters that a URL cannot have'],
    ['a backslash', '/\\evil.example/x', 'it has characters that a URL cannot have'],
    ['what is not ASCII', '/é', 'it has characters that a URL cannot have'],
    ['no URL', 'https://', 'it is not a URL'],
    ['a long one', `/${'x'.repeat(8192)}`, 'it is longer than 8192 characters'],
    ['loopback', 'https://127.0.0.1/x', '127.0.0.1 is not a public address'],
    ['loopback in short', 'https://127.1/x', '127.0.0.1 is not a public address'],
    ['loopback as a number', 'https://2130706433/x', '127.0.0.1 is not a public address'],
    ['loopback in hex', 'https://0x7f000001/x', '127.0.0.1 is not a public address'],
    ['loopback in octal', 'https://0177.0.0.1/x', '127.0.0.1 is not a public address'],
    [
      'loopback in full-width digits',
      'https://%EF%BC%9127.0.0.1/x',
      '127.0.0.1 is not a public address',
    ],
    ['loopback in IPv6', 'https://[::1]/x', '::1 is not a public address'],
    ['mapped loopback', 'https://[::ffff:127.0.0.1]/x', '::ffff:7f00:1 is not a public address'],
    [
      'the metadata server',
      'https://169.254.169.254/computeMetadata/v1/',
      '169.254.169.254 is not a public address',
    ],
    [
      'the metadata server in IPv6',
      'https://[fd20:ce::254]/',
      'fd20:ce::254 is not a public address',
    ],
    ['a private network', 'https://10.0.0.1/x', '10.0.0.1 is not a public address'],
    ['unique local IPv6', 'https://[fd00::1]/x', 'fd00::1 is not a public address'],
  ])('refuses %s', (_what, text, problem) => {
    expect(() => resolveServerUrl(text, base, new Set([base.origin]))).toThrow(
      new AddressRefusedError(
        `https://registry.example points at a URL that is refused because ${problem}`,
      ),
    );
  });

  it('lets a registry at a private address point at its own origins alone', () => {
    const base = new URL('http://10.0.0.5:5000/v2/');
    const own = new Set([base.origin, 'http://10.0.0.5:5001']);
    const resolve = (url: string) => resolveServerUrl(url, base, own).port;
    expect(resolve('http://10.0.0.5:5000/token')).toBe('5000');
    expect(resolve('http://10.0.0.5:5001/token')).toBe('5001');
    for (const other of ['http://10.0.0.5/', 'https://10.0.0.5:5000/', 'http://10.0.0.6:5000/']) {
      expect(() => resolve(other)).toThrow(AddressRefusedError);
    }
  });

  it('lets a registry at a public address point at another port of its host', () => {
    const base = new URL('https://8.8.8.8/v2/');
    const own = new Set([base.origin]);
    expect(resolveServerUrl('https://8.8.8.8:8443/token', base, own).port).toBe('8443');
  });

  it.each([
    ['https://r.example/v2/a/b/manifests/v1?x=y', 'https://r.example/v2/a/b/manifests/v1'],
    [
      'https://r.example/artifacts-downloads/namespaces/p/downloads/SECRET',
      'https://r.example/artifacts-downloads/…',
    ],
    [
      'https://storage.googleapis.com/storage/v1/b/models/o/v7%2Fmodel.bin?alt=media',
      'https://storage.googleapis.com/storage/v1/b/models/o/v7%2Fmodel.bin',
    ],
    [
      'https://storage.googleapis.com/upload/storage/v1/b/models/o?upload_id=SECRET',
      'https://storage.googleapis.com/upload/storage/v1/b/models/o',
    ],
    ['https://cdn.example/v1/SECRET', 'https://cdn.example/v1/…'],
    ['https://cdn.example/x/v2/SECRET', 'https://cdn.example/x/…'],
    ['https://cdn.example/x/', 'https://cdn.example/x/…'],
    [
      'https://artifactregistry.googleapis.com/v1/projects/p/locations/us?x=y',
      'https://artifactregistry.googleapis.com/v1/projects/p/locations/us',
    ],
    ['https://cdn.example/blob?X-Amz-Signature=SECRET', 'https://cdn.example/blob'],
    ['https://auth.example/token?account=x', 'https://auth.example/token'],
    ['https://auth.example', 'https://auth.example/'],
  ])('shortens %s for logs', (url, text) => {
    expect(redactUrl(new URL(url))).toBe(text);
  });

  it.each([
    ['[::1]', '::1'],
    ['registry.example', 'registry.example'],
  ])('takes %s for %s', (hostname, host) => {
    expect(bareHost(hostname)).toBe(host);
  });
});

describe('addresses', () => {
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
});
