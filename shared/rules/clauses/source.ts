import { checked, defineClause } from '../clause';
import { kindOfPlace, placeProblem } from '../kind';
import { formatPlace } from '../place';

/** Where releases are pushed. Its form tells the kind of the rule. */
export const source = defineClause({
  keys: (kinds) => ({
    source: checked((text) => placeProblem(kinds, kindOfPlace(kinds, text), text)).meta({
      description:
        'Where releases are pushed: a repository of images or any path above it, a repository of pipeline templates, or a bucket or a folder in it. Its form tells the kind of the rule.',
      examples: [
        'us-central1-docker.pkg.dev/vendor/releases',
        'us-kfp.pkg.dev/vendor/pipelines',
        'gs://vendor-models/released',
      ],
    }),
  }),
  about: () => true,
  compile({ source: text }, kind) {
    const parsed = kind.place.parse(text);
    return {
      ...parsed,
      /** What its kind answers. */
      about: kind,
      /** The source, for people. */
      at: formatPlace(parsed.source),
    };
  },
  selects: {
    by: 'source',
    admits: (_, { path }) => path !== undefined,
    why: ({ at }, { name }) => `source ${at} does not hold ${name}`,
    summary: ({ at }) => at,
  },
  decides: 'which',
  says: ({ at }) => at,
});
