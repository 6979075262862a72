import { cosignTag, signature } from '../../../local/images/attachments';
import type { Image } from '../../../local/images/content';
import type { ImagePush, Untag } from './move';

export function push(name: string, tag: string | undefined, content: Image): ImagePush {
  return { kind: 'push', at: 0, image: name, content, tag };
}

export function untag(name: string, tag: string): Untag {
  return { kind: 'untag', at: 0, image: name, tag };
}

export function sign(name: string, { root }: Image, by: string): ImagePush {
  return { ...push(name, undefined, signature(root, by)), subject: root.digest };
}

export function cosign(name: string, { root }: Image, as: 'sig' | 'att' | 'vex'): ImagePush {
  const tag = `${root.digest.replace(':', '-')}.${as}`;
  return { ...push(name, tag, cosignTag(root, as === 'vex' ? 'sbom' : as)), subject: root.digest };
}
