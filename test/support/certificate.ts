import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Makes a self-signed certificate (RFC 5280) for `localhost` and 127.0.0.1 that is good for a day: Node can read one, but not make one. */
export function createCertificate(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const day = 24 * 60 * 60 * 1000;
  const name = sequence(set(sequence(COMMON_NAME, utf8('localhost'))));
  const signed = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(utcTime(Date.now() - day), utcTime(Date.now() + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(subjectAltName('localhost', [127, 0, 0, 1]))),
  );
  const signature = sign('sha256', signed, privateKey);
  const bits = der(0x03, Buffer.from([0]), signature);
  const body = sequence(signed, ECDSA_WITH_SHA256, bits).toString('base64');
  return {
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    cert: `-----BEGIN CERTIFICATE-----\n${body.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const ECDSA_WITH_SHA256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));

function subjectAltName(host: string, ip: readonly number[]): Buffer {
  const names = sequence(der(0x82, Buffer.from(host)), der(0x87, Buffer.from(ip)));
  return sequence(SUBJECT_ALT_NAME, der(0x04, names));
}

/** Tag, length in the fewest bytes, value (X.690, 8.1 and 10.1; Go refuses any other). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const octets = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  const size = length < 0x80 ? octets : [0x80 + octets.length, ...octets];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function set(...parts: readonly Buffer[]): Buffer {
  return der(0x31, ...parts);
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

function utcTime(time: number): Buffer {
  const digits = new Date(time).toISOString().replace(/\.\d+|[-:T]/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}
