/** Imports point one way: functions, cli and local use shared; nothing uses functions; inside shared, layers go down. */
const forbid = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: to },
});
const product = '^(?!.*\\.test\\.ts$)';
/** The files of a kind's folder that every cold start loads. */
const LIGHT = [
  'kind',
  'reference',
  'rule',
  'event',
  'late-referrer',
  'waiting-copies',
  'template-upload',
];
/** The files of a kind's folder in which it answers, beside its engine. */
const ANSWERS = [
  ...LIGHT,
  'source-lookups',
  'uploaded-templates',
  '[a-z]+-copy',
  'listing',
  'inspection',
  'stage',
  'deliveries',
  'image-names',
  'check',
  'check-target',
];

const BEYOND_REFERENCES =
  '^shared/(oci/(?!(reference|digest|digest-tag|descriptor|platform)\\.ts$)|copying|google|inventory|doctor)';

/** The files that stand for their folders: the files behind them may change without a look at the rest. */
const SURFACES = [
  'shared/rules/parse/parse',
  'shared/rules/conflicts/conflicts',
  'shared/kinds/image/attachments/attachments',
  'shared/kinds/image/content/walk',
  'shared/kinds/image/platforms/selection',
  'shared/kinds/image/receipts/receipts',
  'shared/kinds/template/images/images',
];

const throughItsSurface = (surface) => {
  const [folder, file] = [surface.replace(/[^/]+$/, ''), surface.replace(/.*\//, '')];
  const name = `${folder.split('/').at(-2)}-is-imported-through-its-surface`;
  return forbid(name, `${product}(?!${folder})`, `^${folder}(?!${file}\\.ts$)`);
};

module.exports = {
  forbidden: [
    forbid('shared-is-below', `${product}shared/`, '^(functions|cli|local|test|bench)/'),
    forbid('nothing-imports-functions', `${product}(shared|cli|local)/`, '^functions/'),
    forbid(
      'servers-know-no-stack',
      '^local/servers/(?!.*\\.test\\.ts$)',
      '^(functions|cli)/|^local/(?!servers/|images/)',
    ),
    forbid('product-does-not-import-local', `${product}(functions|cli)/`, '^local/'),
    forbid(
      'oci-is-the-bottom',
      '^shared/oci/(?!.*\\.test\\.ts$)',
      '^shared/(copying|rules|kinds|jobs|events|delivery|google|inventory|doctor|statements)/',
    ),
    forbid('async-uses-nothing', '^shared/async/(?!.*\\.test\\.ts$)', '^shared/(?!async/|system/)'),
    forbid('http-is-the-ground', '^shared/oci/http/(?!.*\\.test\\.ts$)', '^shared/oci/(?!http/)'),
    forbid(
      'auth-is-above-http',
      '^shared/oci/auth/(?!.*\\.test\\.ts$)',
      '^shared/oci/(?!http/|auth/)',
    ),
    forbid(
      'statements-use-oci-text-and-async-alone',
      '^shared/statements/(?!.*\\.test\\.ts$)',
      '^shared/(?!statements/|oci/|text/|async/)',
    ),
    forbid(
      'copying-uses-oci-alone',
      '^shared/copying/(?!.*\\.test\\.ts$)',
      '^shared/(rules|kinds|jobs|events|delivery|google|inventory|doctor)/',
    ),
    {
      comment:
        'What a kind answers may use what asks it; its engine may not. A file that answers: name it in the list, ANSWERS.',
      ...forbid(
        'the-copy-of-a-kind-uses-oci-and-copying',
        `^shared/kinds/(?!common/)[a-z-]+/(?!(${ANSWERS.join('|')})\\.ts$)(?!.*\\.test\\.ts$)`,
        '^shared/(kinds/([a-z-]+\\.ts$|[a-z-]+/rule)|rules|jobs|events|delivery|google|inventory|doctor)',
      ),
    },
    {
      name: 'kinds-are-apart',
      severity: 'error',
      from: { path: '^shared/kinds/([a-z-]+)/' },
      to: { path: '^shared/kinds/[a-z-]+/', pathNot: '^shared/kinds/($1|common)/' },
    },
    // The list stands above the kinds: they know the interface alone.
    forbid(
      'a-kind-knows-no-list',
      `${product}shared/kinds/[a-z-]+/`,
      '^shared/kinds/(?!kind\\.ts$)[a-z-]+\\.ts$',
    ),
    // The steps of the copy of an image: each knows those on whose work it stands, and not what comes after it.
    forbid(
      'content-knows-no-further-step',
      '^shared/kinds/image/content/(?!.*\\.test\\.ts$)',
      '^shared/kinds/image/(attachments/|platforms/|receipts/|(before-tag|copy|tag|verification)\\.ts$)',
    ),
    forbid(
      'platforms-know-content-alone',
      '^shared/kinds/image/platforms/(?!.*\\.test\\.ts$)',
      '^shared/kinds/image/(attachments/|receipts/|(before-tag|copy|tag|verification)\\.ts$)',
    ),
    forbid(
      'the-tag-knows-content-alone',
      '^shared/kinds/image/tag\\.ts$',
      '^shared/kinds/image/(attachments/|platforms/|receipts/|(before-tag|copy|verification)\\.ts$)',
    ),
    forbid(
      'attachments-know-content-and-tag',
      '^shared/kinds/image/attachments/(?!.*\\.test\\.ts$)',
      '^shared/kinds/image/(platforms/|receipts/|(before-tag|copy|verification)\\.ts$)',
    ),
    forbid(
      'rules-and-events-use-references-alone',
      '^shared/(rules|events)/(?!.*\\.test\\.ts$)',
      BEYOND_REFERENCES,
    ),
    {
      name: 'jobs-use-references-alone',
      comment: 'What a source is read with is handed on to the kind of an event: a type.',
      severity: 'error',
      from: { path: '^shared/jobs/(?!.*\\.test\\.ts$)' },
      to: { path: BEYOND_REFERENCES, dependencyTypesNot: ['type-only'] },
    },
    forbid(
      'what-rules-ask-of-kinds-uses-references-alone',
      '^shared/kinds/([a-z-]+/(rule|reference)|references|rules|common/repository-reference)\\.ts$',
      '^shared/(oci/(?!(reference|digest|digest-tag|descriptor|platform)\\.ts$)|kinds/[a-z-]+/(?!(rule|reference|repository-reference)\\.ts$)|copying|google|inventory|doctor)',
    ),
    forbid(
      'jobs-know-no-delivery',
      '^shared/jobs/(?!.*\\.test\\.ts$)',
      '^shared/(delivery|dead-letters)/',
    ),
    forbid(
      'who-delivers-reads-no-dead-letters',
      `${product}(functions|shared/(?!dead-letters/))`,
      '^shared/dead-letters/',
    ),
    forbid('who-asks-knows-no-kind', '^shared/(?!kinds/)(?!.*\\.test\\.ts$)', '^shared/kinds/'),
    forbid(
      'a-clause-knows-no-other',
      '^shared/rules/clauses/(?!.*\\.test\\.ts$)',
      '^shared/rules/(clauses|match|rules)',
    ),
    ...SURFACES.map(throughItsSurface),
    {
      name: 'time-and-chance-are-handed-in',
      comment: 'Only what puts a process together takes those of the machine.',
      severity: 'error',
      from: { path: '^(shared/(?!system/)|functions/(?!.*/index\\.ts$))(?!.*\\.test\\.ts$)' },
      to: { path: '^shared/system/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'kinds-are-loaded-late',
      comment: 'A cold start loads the light files of every kind. For the rest: import().',
      severity: 'error',
      from: {
        path: `^(functions/|shared/kinds/[a-z-]+\\.ts$|shared/kinds/(?!common/)[a-z-]+/(${LIGHT.join('|')})\\.ts$)(?!.*\\.test\\.ts$)`,
        pathNot: '\\.test\\.ts$',
      },
      to: {
        path: '^shared/kinds/(?!common/)[a-z-]+/',
        pathNot: `^shared/kinds/[a-z-]+/(${LIGHT.join('|')})\\.ts$`,
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'keyless-is-loaded-late',
      comment: 'Only who has a keyless signer pays for its libraries.',
      severity: 'error',
      from: {
        path: '^(shared|functions|cli|local)/',
        pathNot: '^shared/statements/signers/keyless(\\.test)?\\.ts$',
      },
      to: {
        path: '^shared/statements/signers/keyless\\.ts$|^node_modules/@sigstore/',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
