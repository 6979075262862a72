import type { Command } from 'commander';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isWrong, type Check } from '../shared/doctor/check';
import { deploymentOf, memberOf, type Deployment } from '../shared/doctor/deployment';
import { gcrProjectsOf } from '../shared/doctor/events';
import { examine, type ExaminationDeps } from '../shared/doctor/examination';
import type { CheckKinds, SourceAccess } from '../shared/doctor/kind';
import { checkSettings } from '../shared/doctor/settings';
import { identityOf } from '../shared/inventory/inspection';
import { openInventory } from '../shared/inventory/inventory';
import type { ListingOf } from '../shared/inventory/source';
import type { RegistryClient } from '../shared/oci/client';
import { loadCheckKinds, loadInventoryKinds } from '../shared/kinds/kinds';
import { artifactRegistryName } from '../shared/google/artifact-registry-name';
import { openProjectLog } from '../shared/google/project-log';
import { createPubSubState } from '../shared/google/pubsub-state';
import { readDockerConfig } from '../shared/oci/auth/credentials';
import { emptyTraffic } from '../shared/oci/http/traffic';
import type { Rules, Target } from '../shared/rules/rules';
import {
  beforeDeployOption,
  examineProject,
  instancesOption,
  type ProjectFlags,
} from './doctor-before-deploy';
import { describeChecks, isProblem } from './doctor-report';
import { openGoogle, type Google } from './google';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { createCount } from './progress';
import { openRegistries, storageHost } from './registries';
import { resourceName, type ResourceFlags } from './resources';
import { loadRules, type RulesFlags, rulesOption } from './rules-file';
import { openKey } from './signing';
import { selectTargets, targetOption, type Names } from './selectors';
import { CommandFailure, styleOf, UsageError, type Terminal } from './terminal';
import { showCalls } from './verbose';
import { readHalts } from '../shared/statements/halt';
import { createLateProver } from '../shared/statements/late-prover';
import { systemClock } from '../shared/system/clock';

interface DoctorFlags extends RulesFlags, ResourceFlags, Partial<ProjectFlags>, OutputFlags {
  readonly target?: Names;
  readonly topic?: string;
  readonly offline?: boolean;
  readonly problems?: boolean;
}

/** One page of each source is listed. */
const REQUESTS_PER_SECOND = 100;

/** `doctor`: what stands between a push and its targets, and what to do about it. Changes nothing. */
export function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .summary('check the deployment and print fixes')
    .description('check topics, subscriptions, sources and targets, and print fixes')
    .addOption(targetOption('check only these targets'))
    .option('--offline', 'check only rules and credentials, without a network')
    .option('--problems', 'show problems only')
    .addOption(rulesOption())
    .option('--topic <name>', 'topic of copy jobs (default: COPY_JOBS_TOPIC, else copy-jobs)')
    .option('--project <id>', 'project of a topic without a full name')
    .addOption(beforeDeployOption())
    .addOption(instancesOption())
    .addOption(outputOption())
    .addOption(jsonOption('print the checks as JSON'))
    .addHelpText(
      'after',
      `
Examples:
  relay doctor --project vendor-release
  relay doctor --target acme --json
  relay doctor --before-deploy vendor-release us-central1

It uses your credentials. To see what the functions see:
  gcloud auth application-default login --impersonate-service-account=copy-artifact@PROJECT.iam.gserviceaccount.com

The exit code is 1 if something is wrong.`,
    )
    .action((flags: DoctorFlags) => doctor(terminal, flags));
}

async function doctor(terminal: Terminal, flags: DoctorFlags): Promise<void> {
  const { stdout } = terminal;
  const rules = loadRules(flags, terminal.env);
  const checks = await examineAs(flags, rules, terminal);
  const { problems } = flags;
  const report = { problems, ...styleOf(terminal) };
  if (wantsData(flags))
    printData(stdout, flags, { checks: problems ? checks.filter(isProblem) : checks });
  else stdout.write(describeChecks(checks, report));
  if (checks.some(isWrong)) throw new CommandFailure('');
}

async function examineAs(flags: DoctorFlags, rules: Rules, terminal: Terminal): Promise<Check[]> {
  if (flags.beforeDeploy !== undefined) {
    return examineProject(terminal, rules, { ...flags, beforeDeploy: flags.beforeDeploy });
  }
  const targets = targetsOf(rules, flags);
  if (!flags.offline) return examineOnline(terminal, rules, targets, flags);
  const findCredentials = dockerConfig(terminal.env);
  const kinds = await loadCheckKinds();
  return checkSettings(rules, targets, { kinds, findCredentials, now: new Date() });
}

/** @throws {UsageError} for a target that the rules do not have. */
function targetsOf(rules: Rules, { target }: DoctorFlags): readonly Target[] {
  const meant = selectTargets(rules, target);
  return rules.targets.filter(({ name }) => meant?.has(name) ?? true);
}

function dockerConfig(env: Terminal['env']): ReturnType<typeof readDockerConfig> {
  return readDockerConfig(env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'));
}

async function examineOnline(
  terminal: Terminal,
  rules: Rules,
  targets: readonly Target[],
  flags: DoctorFlags,
): Promise<Check[]> {
  const { env } = terminal;
  const kinds = await loadCheckKinds();
  const google = openGoogle(terminal);
  const registries = openRegistries(terminal);
  const services = { registries, storageHost: storageHost(env) };
  const pubsub = createPubSubState(showCalls(terminal));
  const progress = createCount(terminal, targets.length, 'targets');
  let done = 0;
  const deployment = findDeployment(flags, env);
  const hosts = sourceHosts(rules, env, kinds);
  const nameOf: SourceAccess['nameOf'] = (name) => artifactRegistryName(name, hosts);
  const copier = deployment ? memberOf(deployment, 'copy-artifact') : 'serviceAccount:COPIER';
  try {
    return await examine(rules, targets, {
      kinds,
      findCredentials: dockerConfig(env),
      now: new Date(),
      deployment,
      pubsub,
      gcrProjects: gcrProjectsOf(kinds, rules, deployment?.project),
      releaseEventsTopic: deployment && releaseEventsTopic(deployment, env),
      source: {
        kinds,
        listingOf: await openListing(env, hosts, { registries, google }),
        nameOf,
        open: (name) => registries.open(name, { access: 'pull' }),
        statementsOf: openStatements(registries),
        haltsOf: openHalts(registries, rules),
        ...services,
        openLog: (project) => openProjectLog(registries, project),
        copier,
      },
      target: {
        kinds,
        open: (target, name) => registries.open(name, { access: 'push', ...identityOf(target) }),
        ...services,
        accessToken: google.accessToken,
        readRepository: ({ impersonate }, name) =>
          google.registryFor(impersonate).readRepository(name),
        missingPermissions: ({ impersonate }, name, permissions) =>
          google.registryFor(impersonate).missingPermissions(name, permissions),
        nameOf,
        copier,
      },
      signing: signingDeps(env, registries, copier),
      onTarget: () => progress.update((done += 1)),
    });
  } finally {
    progress.stop();
    await Promise.all([registries.close(), pubsub.close(), google.close()]);
  }
}

function signingDeps(
  env: Terminal['env'],
  registries: RegistryClient,
  copier: string,
): ExaminationDeps['signing'] {
  const { SIGNING_KEY: name = '' } = env;
  if (name === '') return undefined;
  return { name, copier, open: () => openKey(registries, name, env) };
}

function findDeployment(flags: DoctorFlags, env: Terminal['env']): Deployment | undefined {
  try {
    const topic = flags.topic ?? env['COPY_JOBS_TOPIC'] ?? 'copy-jobs';
    return deploymentOf(resourceName('topics', topic, flags, env));
  } catch (error) {
    if (error instanceof UsageError && flags.topic === undefined) return undefined;
    throw error;
  }
}

function releaseEventsTopic({ project }: Deployment, env: Terminal['env']): string | undefined {
  const { RELEASE_EVENTS_TOPIC: name = '' } = env;
  if (name === '') return undefined;
  return name.includes('/') ? name : `projects/${project}/topics/${name}`;
}

async function openListing(
  env: Terminal['env'],
  hosts: readonly string[],
  { registries, google }: { readonly registries: RegistryClient; readonly google: Google },
): Promise<ListingOf> {
  const host = storageHost(env);
  return openInventory({
    kinds: await loadInventoryKinds(),
    clock: systemClock,
    registries,
    artifactRegistry: google.registryFor(undefined),
    emulatedHosts: hosts,
    storageHost: host,
    requestsPerSecond: REQUESTS_PER_SECOND,
    attachments: false,
    traffic: emptyTraffic(),
  }).listingOf;
}

/** What is proven about what is at a source, now. */
function openStatements(registries: RegistryClient): ExaminationDeps['source']['statementsOf'] {
  const prove = createLateProver();
  return (name, subject, rules) => {
    const source = registries.open(name, { access: 'pull' });
    return prove({ source, subject, rules, now: new Date() });
  };
}

/** What is halted at a source, now. */
function openHalts(
  registries: RegistryClient,
  { halts: by }: Rules,
): ExaminationDeps['source']['haltsOf'] {
  if (by.length === 0) return undefined;
  return (name, subject) => {
    const source = registries.open(name, { access: 'pull', recheckReferrersApi: true });
    return readHalts({ source, subject, by, now: new Date() });
  };
}

/** An emulated Artifact Registry is that of the sources: other hosts of this machine are customers' own. */
function sourceHosts({ rules }: Rules, env: Terminal['env'], kinds: CheckKinds): string[] {
  if (env['ARTIFACT_REGISTRY_EMULATOR_HOST'] === undefined) return [];
  return rules.flatMap(({ kind, source }) => kinds[kind].registryOf(source) ?? []);
}
