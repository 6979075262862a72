import { AddressRefusedError } from './errors';
import { redactUrl, resolveServerUrl } from './urls';

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
])('resolves %s', (text, url) => {
  expect(resolveServerUrl(text, base, base.hostname).href).toBe(url);
});

it.each([
  ['user information', 'https://user:pass@registry.example/x'],
  ['a user alone', 'https://user@registry.example/x'],
  ['a step down to http', 'http://registry.example/x'],
  ['another scheme', 'file:///etc/passwd'],
  ['a script', 'javascript:alert(1)'],
  ['a line break', '/x\r\nhost: evil.example'],
  ['a tab', 'https://reg\tistry.example/'],
  ['a space', '/x y'],
  ['a backslash', '/\\evil.example/x'],
  ['no URL', 'https://'],
  ['a long one', `/${'x'.repeat(9000)}`],
  ['loopback', 'https://127.0.0.1/x'],
  ['loopback in short', 'https://127.1/x'],
  ['loopback as a number', 'https://2130706433/x'],
  ['loopback in hex', 'https://0x7f000001/x'],
  ['loopback in octal', 'https://0177.0.0.1/x'],
  ['loopback in full-width digits', 'https://%EF%BC%9127.0.0.1/x'],
  ['loopback in IPv6', 'https://[::1]/x'],
  ['mapped loopback', 'https://[::ffff:127.0.0.1]/x'],
  ['the metadata server', 'https://169.254.169.254/computeMetadata/v1/'],
  ['the metadata server in IPv6', 'https://[fd20:ce::254]/'],
  ['a private network', 'https://10.0.0.1/x'],
  ['unique local IPv6', 'https://[fd00::1]/x'],
])('refuses %s', (_what, text) => {
  expect(() => resolveServerUrl(text, base, base.hostname)).toThrow(AddressRefusedError);
});

it('does not quote what it refuses', () => {
  expect(() => resolveServerUrl('https://u:secret@x.example/', base, base.hostname)).toThrow(
    'https://registry.example points at a URL that is refused because it carries user information',
  );
});

it('lets a registry at a private address point at its own host', () => {
  const own = new URL('http://10.0.0.5:5000/v2/');
  expect(resolveServerUrl('http://10.0.0.5:5001/token', own, own.hostname).port).toBe('5001');
  expect(() => resolveServerUrl('http://10.0.0.6/token', own, own.hostname)).toThrow(
    AddressRefusedError,
  );
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
  ['https://cdn.example/blob?X-Amz-Signature=SECRET', 'https://cdn.example/blob'],
  ['https://auth.example/token?account=x', 'https://auth.example/token'],
  ['https://auth.example', 'https://auth.example/'],
])('shortens %s for logs', (url, text) => {
  expect(redactUrl(new URL(url))).toBe(text);
});
