import type { Attempt } from '../../copying/attempt';
import type { OpenOptions } from '../../oci/client';
import { digestOf, type Digest } from '../../oci/digest';
import { createRetryBudget } from '../../oci/http/retry-budget';
import { emptyTraffic } from '../../oci/http/traffic';
import { formatReference, type RepositoryName } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import type { AllowedCopy } from '../../rules/authorize';
import { matchArtifact } from '../../rules/match';
import { parseRules } from '../rules';
import { imageReference } from './rule';
import { heldImage } from './image-copy';

const digest = digestOf(Buffer.from('held'));
const rules = parseRules(`targets:
  acme: { repository: gcr.io/acme, impersonate: a@b.iam.gserviceaccount.com }
  globex: { repository: ghcr.io/globex }
rules: [{ name: all, source: gcr.io/v, targets: [acme, globex] }]
`);
const opening = {
  signal: new AbortController().signal,
  traffic: emptyTraffic(),
  retryBudget: createRetryBudget(),
};

let asked: string[];
let opened: OpenOptions[];
beforeEach(() => ([asked, opened] = [[], []]));

/** What the targets say of a source's copies, where a registry has `held` under every tag. */
function ask(source: string, held?: Digest): Promise<(string | undefined)[]> {
  const attempt: Partial<Attempt> = {
    ...opening,
    registries: {
      open(name: RepositoryName, options: OpenOptions) {
        opened.push(options);
        const headManifest = (tag: string) => {
          asked.push(`${formatReference(name)} ${tag}`);
          return Promise.resolve(held && { digest: held, mediaType: 'x', size: 1 });
        };
        return { headManifest } as Partial<Repository> as Repository;
      },
    } as Partial<Attempt['registries']> as Attempt['registries'],
  };
  return Promise.all(
    matchArtifact(rules, imageReference.parse(source)).map((copy) =>
      heldImage(copy as AllowedCopy<'image'>, attempt as Attempt),
    ),
  );
}

it('is what the tag holds there, asked as whom the target wants, and for no more than that', async () => {
  expect(await ask('gcr.io/v/api:v1', digest)).toEqual([digest, digest]);
  expect(asked).toEqual(['gcr.io/acme/api:v1 v1', 'ghcr.io/globex/api:v1 v1']);
  expect(opened).toEqual([
    { access: 'pull', ...opening, identity: 'a@b.iam.gserviceaccount.com' },
    { access: 'pull', ...opening },
  ]);
});

it('is nothing where there is no such tag', async () => {
  expect(await ask('gcr.io/v/api:v1')).toStrictEqual([undefined, undefined]);
});

it('is nothing of what has no tag, without a request', async () => {
  expect(await ask(`gcr.io/v/api@${digest}`, digest)).toStrictEqual([undefined, undefined]);
  expect(asked).toStrictEqual([]);
});
