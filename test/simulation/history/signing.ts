import type { Image } from '../../../local/images/content';
import { createSampleSigner } from '../../../local/images/signing';
import { OVERRIDE } from '../../../shared/statements/requirement';
import type { Random } from '../../support/random';
import { EPOCH } from '../time/clock';
import { VENDOR_REPOSITORY } from './customer';
import type { ImagePush } from './move';
import { push } from './pushes';

/** Whose signature rules ask for, and who signs beside him. */
export const VENDOR = createSampleSigner('vendor');
const STRANGER = createSampleSigner('stranger');

/** Of whom rules ask a signature. PEM. */
export const VENDOR_KEY = VENDOR.publicKey;

/** What rules.yaml asks of a signature: that it was made for this image, in each form that cosign writes. */
export const SIGNED =
  "require: [{ statement: signature, by: [vendor], identity: ['**/${image}'], where: { /repo: ['${image}'] } }], override: [vendor]";

/** What a signature for an image says, in each form. */
const saidOf = (image: string) => ({
  madeFor: `${VENDOR_REPOSITORY}/${image}`,
  annotations: { repo: image },
});

/** The vendor signs it, as cosign 3 does or as cosign 2 did. */
export function prove(random: Random, image: string, { root }: Image): ImagePush {
  const isOld = random.chance(0.3);
  const said = saidOf(image);
  const content = isOld ? VENDOR.signByTag(root, said) : VENDOR.sign(root, said.annotations);
  const tag = isOld ? `${root.digest.replace(':', '-')}.sig` : undefined;
  return { ...push(image, tag, content), subject: root.digest, proves: true };
}

/** Something is signed about it that lets it pass under no tag. The content decides which, so that no chance is drawn. */
export function doubt({ root }: Image, { image, tag }: MisreadRelease): ImagePush {
  const which = parseInt(root.digest.slice('sha256:'.length, 'sha256:'.length + 4), 16);
  const [first] = DOUBTS;
  const attached = (DOUBTS[which % DOUBTS.length] ?? first)(root, { image, tag });
  const stays = attached.manifests.some(({ bytes }) => Buffer.from(bytes).includes(OVERRIDE));
  return { ...push(image, undefined, attached), subject: root.digest, ...(stays && { stays }) };
}

export interface MisreadRelease {
  readonly image: string;
  readonly tag: string;
}

type Doubt = (root: Image['root'], release: MisreadRelease) => Image;

const DOUBTS: readonly [Doubt, ...Doubt[]] = [
  (root, { image }) => STRANGER.sign(root, saidOf(image).annotations),
  // The vendor has signed the same content as another image.
  (root) => VENDOR.sign(root, saidOf('tools').annotations),
  (root, { image }) =>
    VENDOR.signByReferrer(root, { ...saidOf(image), madeFor: saidOf('tools').madeFor }),
  (root, release) => override(root, { ...release, tag: `${release.tag}-other` }),
  (root, release) => override(root, release, 40),
];

const DAY_MS = 86_400_000;

function override(root: Image['root'], { image, tag }: MisreadRelease, days = 20): Image {
  return VENDOR.attest(root, OVERRIDE, {
    rule: 'signed',
    source: `${VENDOR_REPOSITORY}/${image}`,
    tag,
    expires: new Date(EPOCH + days * DAY_MS).toISOString(),
    why: 'a rollback',
  });
}
