import { checked, defineClause } from '../clause';
import { kindOfPlace, placeProblem, type Source } from '../kind';

/** Where releases are pushed. Its form decides the kind of the rule. */
export const source = defineClause({
  keys: (kinds) => ({
    source: checked((text) => placeProblem(kinds, kindOfPlace(kinds, text), text)).meta({
      description:
        'Where releases are pushed: a repository of images or a path above it, a repository of pipeline templates, or a bucket or a folder in it. It decides the kind of the rule.',
      examples: [
        'us-central1-docker.pkg.dev/vendor/releases',
        'us-kfp.pkg.dev/vendor/pipelines',
        'gs://vendor-models/released',
      ],
    }),
  }),
  about: () => true,
  compile({ source: text }, kind) {
    const place = kind.place.parse(text);
    // Each kind reads its own places alone.
    const parsed = { kind: kind.name, source: place } as Source;
    return {
      ...parsed,
      /** What its kind answers. */
      about: kind,
      /** The source, for people. */
      at: kind.reference.nameOf(place),
    };
  },
  problems: null,
  selects: {
    by: 'source',
    admits: (_, { path }) => path !== undefined,
    why: ({ at }, { name }) => `source ${at} does not contain ${name}`,
    // What a release is called at the target depends on its path below the source.
    covers: ({ at }, other) => at === other.at,
    summary: ({ at }) => at,
  },
  decides: 'which',
  says: ({ at }) => at,
  alters: null,
  awaits: null,
  note: null,
});
