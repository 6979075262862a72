import { parseStorageHost } from './reference';

it.each([
  ['localhost:4443', 'localhost:4443'],
  ['http://127.0.0.1:4443', '127.0.0.1:4443'],
  ['https://storage.example.com/', 'storage.example.com'],
  ['[::1]:4443', '[::1]:4443'],
  ['', undefined],
  ['http://', undefined],
  ['localhost:4443/storage/v1', undefined],
  ['a b', undefined],
])('reads "%s" of STORAGE_EMULATOR_HOST as %s', (text, host) => {
  expect(parseStorageHost(text)).toBe(host);
});
