import type { Check } from '../../doctor/check';
import { topicOf, type Agent, type Deployment } from '../../doctor/deployment';
import { diagnose, unknownEvents, wrong } from '../../doctor/diagnosis';
import { grantOnRepository } from '../../doctor/fixes';
import type {
  AskedTarget,
  CheckKind,
  EventAccess,
  ServiceAccess,
  TargetAccess,
} from '../../doctor/kind';
import { FAILED_AT, mayWrite, permitted, writerOf } from '../../doctor/permissions';
import type { RepositorySettings } from '../../google/artifact-registry';
import type { ProjectLog } from '../../google/project-log';
import { formatReference, isGoogleRegistry, type RepositoryName } from '../../oci/reference';
import { identityOf } from '../../inventory/inspection';
import type { RuleOf, Target } from '../../rules/rules';
import type { TemplateList } from './list';
import { listTemplates, openTemplatePackage } from './open';
import type { TemplatePackage } from './package';
import { templateRules } from './rule';

/** How packages and repositories of templates are opened. */
interface Opening {
  readonly openPackage: (
    access: ServiceAccess,
    name: RepositoryName,
  ) => Pick<TemplatePackage, 'readTag'>;
  readonly list: (
    access: ServiceAccess,
    target: Target,
    name: RepositoryName,
  ) => Pick<TemplateList, 'page'>;
}

const SERVICE = 'artifactregistry.googleapis.com';

/** The permissions of `roles/artifactregistry.writer` that a copy of a template needs. */
const WRITER = [
  'artifactregistry.repositories.uploadArtifacts',
  'artifactregistry.tags.create',
  'artifactregistry.tags.get',
  'artifactregistry.tags.update',
  'artifactregistry.versions.get',
];

const TOPIC = 'template-uploads';

/** A log sink (infra/modules/vendor/events.tf). */
const PUBLISHER: Agent = {
  pattern: /^serviceAccount:[^@]+@gcp-sa-logging\.iam\.gserviceaccount\.com$/,
  written: 'serviceAccount:service-PROJECT_NUMBER@gcp-sa-logging.iam.gserviceaccount.com',
};

/** Checks for templates that are opened in this way. */
export function createTemplateChecks({ openPackage, list }: Opening): CheckKind<'template'> {
  return {
    about: templateRules,
    registryOf: ({ registry }) => registry,
    takesGoogleToken: ({ registry }) => isGoogleRegistry(registry),
    checkPlace: () => [],
    release: 'tag',
    readRelease: (release, access) => openPackage(access, release).readTag(release.tag),
    readGrant(place, { nameOf, copier }) {
      const name = nameOf(place);
      return name && grantOnRepository(name, 'reader', copier);
    },
    events: { topic: TOPIC, publisher: PUBLISHER, check: checkLog },
    checkTarget: (asked, access) =>
      checkTemplates(asked, access, list(access, asked.target, asked.place)),
  };
}

/** What stands between an upload and its targets, for templates. */
export const templateChecks = createTemplateChecks({
  openPackage: ({ registries }, name) => openTemplatePackage(registries, name, { access: 'pull' }),
  list: ({ registries }, target, name) => listTemplates(registries, name, identityOf(target)),
});

/** The audit log of a project publishes uploads of templates through a sink (infra/modules/vendor/events.tf). */
async function checkLog(
  { source, at }: RuleOf<'template'>,
  deployment: Deployment,
  { nameOf, openLog }: EventAccess,
): Promise<Check[]> {
  const about = `source ${at}`;
  // Another registry's uploads are in no audit log.
  const name = isGoogleRegistry(source.registry) ? nameOf(source) : undefined;
  const project = name?.parent.split('/')[1];
  if (project === undefined) return [];
  const log = openLog(project);
  return Promise.all([checkSink(about, deployment, log), checkAudit(about, project, log)]);
}

async function checkSink(about: string, deployment: Deployment, log: ProjectLog): Promise<Check> {
  const name = `${deployment.prefix}relay-template-uploads`;
  const topic = topicOf(deployment, TOPIC);
  try {
    const sink = await log.readSink(name);
    if (sink?.destination === `pubsub.googleapis.com/${topic}` && !sink.disabled) {
      return {
        about,
        what: 'events',
        state: 'ok',
        found: `the log sink ${name} publishes to ${topic}`,
      };
    }
    const state =
      sink?.disabled === true ? 'is disabled' : `publishes to ${sink?.destination ?? ''}`;
    const found = `the log sink ${name} ${sink === undefined ? 'does not exist' : state}`;
    const fix = `It must publish uploads to ${topic}. Terraform creates it; for a foreign source, the output source_grants has the command.`;
    return { about, what: 'events', state: 'wrong', found, fix };
  } catch (error) {
    return unknownEvents(about, 'whether a log sink publishes uploads', error);
  }
}

async function checkAudit(about: string, project: string, log: ProjectLog): Promise<Check> {
  try {
    if (await log.logsWrites(SERVICE)) {
      return { about, what: 'events', state: 'ok', found: `${project} logs uploads` };
    }
    const found = `${project} itself does not log uploads`;
    const fix = `Unless a folder or the organization does, turn on DATA_WRITE of ${SERVICE} there (Terraform: audit_logs). Without it only reconcile finds templates.`;
    return { about, what: 'events', state: 'note', found, fix };
  } catch (error) {
    return unknownEvents(about, 'whether uploads are logged', error);
  }
}

/** What stands between us and a customer's repository of templates. Nothing is uploaded. */
async function checkTemplates(
  { target, place }: AskedTarget<'template'>,
  { readRepository, missingPermissions, nameOf, copier }: TargetAccess,
  list: Pick<TemplateList, 'page'>,
): Promise<Check[]> {
  const about = `target ${target.name}`;
  const what = 'templates';
  const name = nameOf(place);
  const denied = name && grantOnRepository(name, 'writer', writerOf(target, copier));
  try {
    await list.page();
  } catch (error) {
    const absent = `Create ${formatReference(place)} there (format KFP), or correct "templates" in rules.yaml.`;
    const diagnosis = diagnose(error, { absent, denied });
    return [wrong(about, FAILED_AT[diagnosis.cause] ?? what, diagnosis)];
  }
  const found: Check = { about, what, state: 'ok', found: `${formatReference(place)} is listed` };
  if (name === undefined) {
    const why = 'this registry does not report who may write';
    return [found, { about, what: 'write', state: 'skipped', found: why }];
  }
  const format = await readFormat(readRepository(target, name.parent));
  if (format !== undefined && format !== 'KFP') {
    const fix = 'Name a repository of the format KFP: nothing else takes templates.';
    return [found, { about, what: 'kind', state: 'wrong', found: format, fix }];
  }
  const write = mayWrite(about, formatReference(place), denied ?? '');
  return [found, await permitted(write, missingPermissions(target, name.parent, WRITER))];
}

/** Undefined where the caller may not read it. */
function readFormat(reading: Promise<RepositorySettings>): Promise<string | undefined> {
  return reading.then(
    ({ format }) => format,
    () => undefined,
  );
}
