import { preAuthEncode } from './bundle';

/** The example of DSSE's protocol.md. */
it('encodes what is signed as DSSE has it', () => {
  const encoded = preAuthEncode('http://example.com/HelloWorld', Buffer.from('hello world'));
  expect(Buffer.from(encoded).toString()).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  );
});
