import type { Finding, State } from '../../shared/inventory/finding';
import { tagOf } from '../../shared/kinds/references';
import { selectWanted, type Wanted } from '../../shared/inventory/wanted';
import { digestOf } from '../../shared/oci/digest';
import { parseRules } from '../../shared/kinds/rules';
import { pauseOf } from '../../shared/rules/pauses';
import type { Rules } from '../../shared/rules/rules';

const IMAGES = ['api', 'gateway', 'web', 'workers/billing', 'workers/mail'];
const VERSIONS = ['1.3.9', '1.4.0', '1.4.1', '1.4.2', '1.5.0-rc.1', '1.5.0'];
const DAY_MS = 24 * 60 * 60 * 1000;

/** Everything goes to everybody; the third is paused, the first two are a group. */
export function sampleRules(customers: readonly string[]): Rules {
  return parseRules(`targets:
${customers.map((name, at) => `  ${name}: { repository: us-docker.pkg.dev/${name}-prod/vendor, paused: ${at === 2} }`).join('\n')}
groups: { pilots: [${customers.slice(0, 2).join(', ')}] }
rules:
  - name: everything
    source: us-central1-docker.pkg.dev/vendor/releases
    targets: [${customers.join(', ')}]
`);
}

/** What a comparison of five images with these customers might find: every state, one paused customer, one down. */
export function sampleFindings(customers: readonly string[], error: string): Finding[] {
  const tags = VERSIONS.flatMap((tag, day) =>
    IMAGES.map((image, at) => ({
      kind: 'image' as const,
      registry: 'us-central1-docker.pkg.dev',
      repository: `vendor/releases/${image}`,
      tag,
      size: 30_000_000 * (at + 1),
      uploadedAt: new Date(Date.UTC(2026, 10, 1) + day * DAY_MS),
    })),
  );
  return selectWanted(sampleRules(customers), tags).map((wanted) => {
    const pause = pauseOf(wanted.target, 0);
    return { ...findingOf(wanted, customers, error), ...(pause && { pause }) };
  });
}

function findingOf(wanted: Wanted, customers: readonly string[], error: string): Finding {
  const { image, source, target } = wanted;
  const digest = contentOf(`${image} ${tagOf(source)}`);
  const state = stateOf(wanted, customers);
  if (state === 'unreachable') {
    const remedy =
      'The customer grants the copier (or the account that it impersonates) roles/artifactregistry.writer on the target repository, which must exist.';
    return { ...wanted, digest, state, trouble: { reason: 'target-denied', error, remedy } };
  }
  if (state === 'missing') return { ...wanted, digest, state };
  const held = state === 'stale' ? contentOf(`${image} ${target.name} of old`) : digest;
  return { ...wanted, digest, state, held };
}

function stateOf({ image, source, target }: Wanted, customers: readonly string[]): State {
  const tag = tagOf(source);
  const at = customers.indexOf(target.name);
  if (at === 2 && tag.startsWith('1.5')) return 'missing';
  if (at === 4) return 'unreachable';
  if (image === 'api' && tag === '1.5.0' && at === 1) return 'missing';
  if (image === 'web' && tag === '1.4.1' && at === 0) return 'stale';
  if (image === 'workers/mail' && tag === '1.4.2' && at === 3) return 'attachments missing';
  return 'current';
}

function contentOf(text: string): ReturnType<typeof digestOf> {
  return digestOf(Buffer.from(text));
}
