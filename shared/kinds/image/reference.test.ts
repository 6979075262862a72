import { digestOf } from '../../oci/digest';
import { imageReference } from './rule';

const digest = digestOf(Buffer.from('x'));
const ofDigest = digest.replace(':', '-');

it.each([
  ['gcr.io/v/api', { isNameAlone: true, isAttachment: false }],
  ['gcr.io/v/api:v1', { tag: 'v1', isNameAlone: false, isAttachment: false }],
  [`gcr.io/v/api:v1@${digest}`, { tag: 'v1', digest, isNameAlone: false, isAttachment: false }],
  [`gcr.io/v/api@${digest}`, { digest, isNameAlone: false, isAttachment: true }],
  [
    `gcr.io/v/api:${ofDigest}.sig`,
    { tag: `${ofDigest}.sig`, isNameAlone: false, isAttachment: true },
  ],
])(
  '%s is an attachment only by its digest alone, or by a tag that belongs to one',
  (text, marks) => {
    expect(imageReference.detailsOf(imageReference.parse(text))).toEqual(marks);
  },
);
