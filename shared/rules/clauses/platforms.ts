import * as z from 'zod';
import { parsePlatform, PLATFORM, platformProblem } from '../../oci/platform';
import { defineClause } from '../clause';

const PlatformText = z
  .string()
  .regex(PLATFORM, {
    error: 'a platform is os/architecture or os/architecture/variant, such as "linux/arm64"',
    abort: true,
  })
  .check(({ value, issues }) => {
    const message = platformProblem(value);
    if (message !== undefined) issues.push({ code: 'custom', input: value, message });
  });

/** Which children of an index. */
export const platforms = defineClause({
  keys: () => ({
    platforms: z
      .array(PlatformText)
      .min(1)
      .optional()
      .meta({
        description:
          'Release only these platforms of an index, as a new index with another digest. Default: all, unchanged.',
        examples: [['linux/amd64', 'linux/arm64']],
      }),
  }),
  about: ({ has }) => has.platforms,
  compile: ({ platforms: written }) =>
    written === undefined ? {} : { platforms: written.map(parsePlatform) },
  problems: null,
  selects: null,
  decides: 'how, by the first rule',
  says: ({ platforms: selected }) => selected,
  alters: ({ platforms: selected }) => selected !== undefined,
  awaits: null,
  note: ({ platforms: selected }) =>
    selected &&
    'releases some platforms only: the target gets an index with another digest, so what signs the whole index is not carried',
});
