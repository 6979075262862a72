import type { HandCopy } from '../common/hand-copy';
import { copyImage } from './copy';

/** An image by hand: another name and tag may be given there. */
export const imageHandCopy: HandCopy<'image'> = {
  takes: ['attachments', 'platform', 'immutable', 'repair', 'verify', 'concurrency'],
  problem(source, destination) {
    if (source.tag === undefined && source.digest === undefined) {
      return 'The source needs a :tag or a @digest.';
    }
    if (destination.digest !== undefined) {
      return 'The destination takes a :tag; its digest follows from what is copied.';
    }
    return (destination.tag ?? source.tag) === undefined
      ? 'A source without a tag needs a destination with one.'
      : undefined;
  },
  copy({ source, destination }, { onProgress, ...options }, attempt) {
    const { registries, repair, blobConcurrency, caches, clock, random } = attempt;
    const { traffic, retryBudget, signal } = attempt;
    const opened = { traffic, retryBudget, signal };
    const destinationTag = destination.tag ?? source.tag;
    return copyImage({
      ...opened,
      caches,
      clock,
      random,
      source: registries.open(source, { access: 'pull', ...opened }),
      target: registries.open(destination, { access: 'push', ...opened }),
      tag: source.tag,
      digest: source.digest,
      destinationTag,
      options: { ...options, repair, blobConcurrency },
      onProgress,
    });
  },
};
