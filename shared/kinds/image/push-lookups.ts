import type { SourceAccess } from '../../jobs/events';
import { readInTime } from '../common/read-in-time';
import { orGone } from './sides';
import { attachedByManifest, listing } from './statement-manifest';
import type { PushLookups } from './statement-push';
import { tagsHolding } from './tags-holding';

const READ_TIMEOUT_MS = 30_000;
/** For all statements about a digest. */
const PROVE_TIMEOUT_MS = 120_000;
/** Far below the function's own timeout of 540 s. */
const LIST_TIMEOUT_MS = 240_000;

/**
 * Reads what pushes do not say at their sources.
 *
 * All throw {@link RegistryError} or {@link NetworkError} if the source cannot be read, and `readAttached`
 * {@link SourceGoneError} if it no longer has the manifest.
 */
export async function openPushLookups(access: SourceAccess): Promise<PushLookups> {
  const { clock } = access;
  const registries = await access.openRegistries();
  return {
    readAttached: (image) =>
      readInTime(clock, READ_TIMEOUT_MS, image, async (signal) => {
        const { digest } = image;
        const source = registries.open(image, { access: 'pull', signal });
        return attachedByManifest(await orGone(source, digest, source.getManifest(digest)));
      }),
    prove: (subject, rules, pushed) =>
      readInTime(clock, PROVE_TIMEOUT_MS, subject, (signal) => {
        const opened = registries.open(subject, { access: 'pull', signal });
        const source = pushed === undefined ? opened : listing(opened, pushed);
        const now = new Date(clock.now());
        return access.prove({ source, subject: subject.digest, rules, now });
      }),
    tagsOf: (subject, mayMatter) =>
      readInTime(clock, LIST_TIMEOUT_MS, subject, (signal) =>
        tagsHolding(subject, mayMatter, {
          ...access,
          source: registries.open(subject, { access: 'pull', signal }),
        }),
      ),
  };
}
