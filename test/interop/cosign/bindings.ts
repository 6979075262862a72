import { image } from '../../../local/images/image';
import { push } from '../../../local/images/push';
import type { RegistryClient } from '../../../shared/oci/client';
import { attachedTo } from './attached-to';
import { sign } from './command';
import type { Input, Subject } from './inputs';

/** The tag that the relay is asked about. */
export const TAG = 'v1.4.2';

const OLD = ['--new-bundle-format=false'];
const OLD_REFERRER = [...OLD, '--registry-referrers-mode=oci-1-1'];
const FORMS: readonly (readonly [name: string, flags: readonly string[], verify: string[]])[] = [
  ['as a bundle', [], []],
  ['in the old form', OLD, []],
  ['in the old form as a referrer', OLD_REFERRER, ['--experimental-oci11', ...OLD]],
];
const byImage = { identity: ['**/${image}'] };
const byAnnotations = { where: { '/repo': ['${repository}'], '/tag': ['${tag}'] } };

const nameOf = ({ registry, repository }: Subject): string => `${registry}/${repository}`;

const annotate =
  (flags: readonly string[], { repo, tag }: { readonly repo?: string; readonly tag: string }) =>
  (subject: Subject): Promise<string> =>
    sign('P-256', [...flags, '-a', `repo=${repo ?? nameOf(subject)}`, '-a', `tag=${tag}`])(subject);

/** The same content in another repository, signed there, and copied here with what is attached. */
const signElsewhere =
  (name: string, flags: readonly string[]) => async (subject: Subject, client: RegistryClient) => {
    const tools = { ...subject, repository: 'dev/tools' };
    await push(image({ config: { seed: name } }), tools);
    await sign('P-256', flags)(tools);
    return attachedTo(tools, client);
  };

/** For which image and tag a signature was made: cosign asks no more than the annotations that one names to it. */
export const bindings: readonly Input[] = [
  ...FORMS.flatMap(([form, flags, verify]): Input[] => {
    const isBundle = flags.length === 0;
    const elsewhere = `a signature ${form} from another repository`;
    return [
      {
        name: elsewhere,
        attach: signElsewhere(elsewhere, flags),
        flags: verify,
        verdict: 'proven',
      },
      {
        name: `${elsewhere}, where \`identity\` is asked for`,
        attach: signElsewhere(`${elsewhere}, where \`identity\` is asked for`, flags),
        flags: verify,
        binds: byImage,
        verdict: { cosign: 'proven', relay: 'refused' },
      },
      {
        name: `cosign sign ${form}, where \`identity\` is asked for`,
        attach: sign('P-256', flags),
        flags: verify,
        binds: byImage,
        verdict: { cosign: 'proven', relay: isBundle ? 'refused' : 'proven' },
      },
      ...(isBundle
        ? []
        : [
            {
              name: `cosign sign --sign-container-identity ${form}`,
              attach: sign('P-256', [...flags, '--sign-container-identity=example.com/api:v1']),
              flags: verify,
              binds: { identity: ['example.com/api'] },
              verdict: 'proven',
            } as const,
          ]),
      {
        name: `cosign sign -a repo -a tag ${form}`,
        attach: annotate(flags, { tag: TAG }),
        flags: [...verify, '-a', `tag=${TAG}`],
        binds: { ...byAnnotations, ...byImage },
        verdict: 'proven',
      },
      {
        name: `cosign sign -a repo -a tag ${form}, for another tag`,
        attach: annotate(flags, { tag: 'v0' }),
        flags: [...verify, '-a', `tag=${TAG}`],
        binds: byAnnotations,
        verdict: 'refused',
      },
      {
        name: `cosign sign -a repo -a tag ${form}, for another repository`,
        attach: annotate(flags, { tag: TAG, repo: 'example.com/dev/tools' }),
        flags: [...verify, '-a', 'repo=example.com/vendor/api'],
        binds: byAnnotations,
        verdict: 'refused',
      },
    ];
  }),
];
