import * as z from 'zod';
import type { SignedStatement } from './signed';
import { boundedArray, IN_TOTO, parseStatement, UnreadableError } from './statement';

/** https://github.com/secure-systems-lab/dsse, "Envelope". */
export const EnvelopeSchema = z.looseObject({
  payloadType: z.string(),
  payload: z.string(),
  signatures: boundedArray(z.looseObject({ sig: z.string() }), 100, 1),
});
export type Envelope = z.output<typeof EnvelopeSchema>;

/** @throws {UnreadableError} */
export function parseEnvelope(json: unknown): Envelope {
  const { data } = EnvelopeSchema.safeParse(json);
  if (!data) throw new UnreadableError('that is no DSSE envelope');
  return data;
}

/** @throws {UnreadableError} */
export function openEnvelope({
  payload,
  payloadType,
  signatures,
}: Envelope): Omit<SignedStatement, 'bundles' | 'keyHint'> {
  if (payloadType !== IN_TOTO) {
    throw new UnreadableError(`whose payload is of type ${payloadType}, and not ${IN_TOTO}`);
  }
  const body = Buffer.from(payload, 'base64');
  return {
    ...parseStatement(body),
    message: preAuthEncode(payloadType, body),
    signatures: signatures.map(({ sig }) => Buffer.from(sig, 'base64')),
  };
}

/** DSSE's PAE: the signed bytes separate type and body, so that neither can be taken for the other. */
export function preAuthEncode(payloadType: string, body: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${body.length} `),
    body,
  ]);
}
