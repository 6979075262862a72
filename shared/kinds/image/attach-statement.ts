import { createCopyCaches } from '../../copying/caches';
import type { Digest } from '../../oci/digest';
import { formatReference } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import { makeBundleArtifact, statementOf, type Claim } from '../../statements/signing/artifact';
import { signStatement } from '../../statements/signing/sign';
import type { SigningKey } from '../../statements/signing/signing-key';
import type { System } from '../../system/system';
import { attach } from './attachments/attachments';

export interface StatementToAttach extends System {
  /** Opened to push. */
  readonly source: Repository;
  readonly subject: Digest;
  readonly claim: Claim;
  readonly key: SigningKey;
  /** Default: the one by which cosign finds statements. */
  readonly artifactType?: string;
}

export interface AttachedStatement {
  readonly statement: Digest;
  /** Why the registry does not list it. Unset if it does. */
  readonly unlisted?: string;
}

/**
 * Signs a statement about a digest and attaches it there.
 *
 * @throws {UnusableKeyError}, and the error of the registry.
 */
export async function attachStatement({
  artifactType,
  claim,
  clock,
  key,
  random,
  source,
  subject,
}: StatementToAttach): Promise<AttachedStatement> {
  const { registry, repository } = source;
  const name = formatReference({ registry, repository });
  const bundle = await signStatement(statementOf(claim, { name, digest: subject }), key);
  const listing = {
    caches: createCopyCaches(clock),
    clock,
    random,
    notes: new Set<string>(),
    signal: new AbortController().signal,
    target: source,
    tally: { manifests: 0 },
  };
  const label = {
    predicateType: claim.predicateType,
    time: new Date(clock.now()),
    ...(artifactType !== undefined && { artifactType }),
  };
  const statement = await attach(listing, subject, (described) =>
    Promise.resolve(makeBundleArtifact(bundle, described, label)),
  );
  const [unlisted] = listing.notes;
  return { statement, ...(unlisted !== undefined && { unlisted }) };
}
