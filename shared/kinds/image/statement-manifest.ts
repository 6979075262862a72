import type { Descriptor } from '../../oci/descriptor';
import type { Manifest } from '../../oci/manifest';
import { withManifest } from '../../statements/reading/candidates';
import type { StatementSource } from '../../statements/proof';
import { isRelayStatement } from '../../statements/relay-statement';
import type { AttachedPush } from './statement-push';

/** What a manifest is attached to; undefined: to nothing. */
export function attachedByManifest(manifest: Manifest): AttachedPush | undefined {
  const { subject, descriptor, artifactType, annotations } = manifest;
  if (subject === undefined) return undefined;
  const { hint, isStatement } = withManifest(manifest);
  const pushed = {
    ...descriptor,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  };
  // What says by its type that it is something else opens nothing.
  const predicateType = isStatement === false ? artifactType : hint;
  const stays = isRelayStatement(manifest);
  return { subject: subject.digest, predicateType, stays, pushed };
}

/** A source whose lists tell of what has just been pushed, however late they are. */
export function listing(source: StatementSource, pushed: Descriptor): StatementSource {
  return {
    ...source,
    async listReferrers(subject) {
      const listed = await source.listReferrers(subject);
      return listed?.every(({ digest }) => digest !== pushed.digest) ? [...listed, pushed] : listed;
    },
  };
}
