/** Imports point one way: functions, cli and local use shared; nothing uses functions; inside shared, layers go down. */
const forbid = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: to },
});
const product = '^(?!.*\\.test\\.ts$)';
/** The files of a kind's folder in which it answers, beside its engine. */
const ANSWERS = [
  'reference',
  'rule',
  'event',
  'registry-push',
  'statement-push',
  'statement-manifest',
  'tags-holding',
  'template-upload',
  'object-change',
  'push-lookups',
  'uploaded-templates',
  '[a-z]+-copy',
  'listing',
  'inspection',
  'deliveries',
  'attached',
  'holding',
  '[a-z]+-holding',
  'literal-images',
  'image-names',
  'named-images',
  'check',
  'check-target',
  'access',
];

const BEYOND_REFERENCES =
  '^shared/(oci/(?!(reference|digest|digest-tag|descriptor|platform)\\.ts$)|copying|google|inventory|doctor)';

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
    forbid('http-is-the-ground', '^shared/oci/http/(?!.*\\.test\\.ts$)', '^shared/oci/(?!http/)'),
    forbid(
      'auth-is-above-http',
      '^shared/oci/auth/(?!.*\\.test\\.ts$)',
      '^shared/oci/(?!http/|auth/)',
    ),
    forbid(
      'statements-use-oci-and-text-alone',
      '^shared/statements/(?!.*\\.test\\.ts$)',
      '^shared/(?!statements/|oci/|text/)',
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
    // The tables stand above the kinds: whoever is asked knows none.
    forbid(
      'a-kind-knows-no-table',
      `${product}shared/kinds/[a-z-]+/`,
      '^shared/kinds/[a-z-]+\\.ts$',
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
      '^shared/kinds/([a-z-]+/(rule|reference)|references|rules|rules-reference|common/repository-reference)\\.ts$',
      '^shared/(oci/(?!(reference|digest|digest-tag|descriptor|platform)\\.ts$)|kinds/[a-z-]+/(?!(rule|reference|temporary|repository-reference)\\.ts$)|copying|google|inventory|doctor)',
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
      '^shared/rules/(clauses|judge|match|rules)',
    ),
    {
      name: 'time-and-chance-are-handed-in',
      comment: 'Only what puts a process together takes those of the machine.',
      severity: 'error',
      from: { path: '^(shared/(?!system/)|functions/(?!.*/index\\.ts$))(?!.*\\.test\\.ts$)' },
      to: { path: '^shared/system/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'kinds-are-loaded-late',
      comment: 'The cold start of an image must not pay for the others.',
      severity: 'error',
      from: {
        path: '^(functions/(copy-artifact/|plan-copies/)|shared/kinds/(copies|events|holdings|jobs|rules|references|[a-z-]+/event)\\.ts$)(?!.*\\.test\\.ts$)',
      },
      to: {
        path: '^shared/(kinds/(?!(image|common)/)[a-z-]+/(?!(rule|reference|event|template-upload|object-change|temporary)\\.ts$)|inventory/|kinds/image/push-lookups\\.ts$)',
        dependencyTypesNot: ['dynamic-import'],
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
