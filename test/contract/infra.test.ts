import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { satisfies } from 'semver';
import * as z from 'zod';
import { Config as CopyArtifactConfig } from '../../functions/copy-artifact/config';
import { Config as PlanCopiesConfig } from '../../functions/plan-copies/config';
import { Config as ReconcileConfig } from '../../functions/reconcile/config';
import { deployedSubscriptions } from '../../local/subscriptions';
import { parseRules } from '../../shared/kinds/rules';
import { readTerraform, terraformTexts, type Terraform } from './terraform';

const infra = join(__dirname, '..', '..', 'infra');
const read = (...path: string[]) => readFileSync(join(infra, ...path), 'utf8');

const Functions = z.record(
  z.string(),
  z.object({
    entry_point: z.string(),
    publishes: z.array(z.string()),
    environment: z.record(z.string(), z.string()),
  }),
);
const schemas: Readonly<Record<string, z.ZodObject>> = {
  'copy-artifact': CopyArtifactConfig,
  'plan-copies': PlanCopiesConfig,
  reconcile: ReconcileConfig,
};
/** Where the rules are in the package, and what only the local stack sets. */
const NOT_FOR_GOOGLE = [
  'RULES_FILE',
  'PLAIN_HTTP_HOSTS',
  'ARTIFACT_REGISTRY_EMULATOR_HOST',
  'STORAGE_EMULATOR_HOST',
  'KMS_EMULATOR_HOST',
];
/** Read by the functions framework. */
const FRAMEWORK = ['LOG_EXECUTION_ID'];

let root: Terraform;
let vendor: Terraform;
let functionModule: Terraform;
let functions: z.output<typeof Functions>;

beforeAll(async () => {
  root = await readTerraform(infra);
  vendor = await readTerraform(join(infra, 'modules', 'vendor'));
  functionModule = await readTerraform(join(infra, 'modules', 'function'));
  functions = Functions.parse(vendor.locals['functions']);
});

/** The names in `environment_variables = merge(..., { LOG_LEVEL = ... })`, which every function gets. */
function commonEnvironment(): string[] {
  const [config] = z
    .array(z.looseObject({ environment_variables: z.string() }))
    .parse(
      functionModule.resources['google_cloudfunctions2_function']?.['main']?.['service_config'],
    );
  return [...(config?.environment_variables ?? '').matchAll(/\b([A-Z][A-Z_]+) =/g)].map(
    ([, name]) => name ?? '',
  );
}

/** What a script that checks what it otherwise writes has to say. */
function runScript(name: string): string {
  const options = { cwd: join(infra, '..'), encoding: 'utf8' } as const;
  return spawnSync(process.execPath, [join('scripts', name), '--check'], options).stderr;
}

describe('the functions that Terraform deploys', () => {
  it('are those in functions/, under the names that they register', () => {
    const folders = readdirSync(join(infra, '..', 'functions'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      // Not deployed by Terraform yet.
      .filter((name) => name !== 'promote');
    expect(Object.keys(functions).sort()).toEqual(folders.sort());
    const index = readFileSync(join(infra, '..', 'functions', 'index.ts'), 'utf8');
    for (const [name, { entry_point }] of Object.entries(functions)) {
      expect(index).toContain(`${entry_point}: async () => (await import('./${name}/index.js'))`);
    }
  });

  it.each(Object.keys(schemas))('%s gets every variable that it requires', (name) => {
    const given = new Set([
      ...Object.keys(functions[name]?.environment ?? {}),
      ...commonEnvironment(),
    ]);
    const required = Object.entries(schemas[name]?.shape ?? {})
      .filter(([, type]) => !z.safeParse(type, undefined).success)
      .map(([variable]) => variable)
      // Its default, a file in the package, is read where the function runs.
      .filter((variable) => variable !== 'RULES_FILE');
    expect(required.filter((variable) => !given.has(variable))).toStrictEqual([]);
    expect(required).not.toEqual([]);
  });

  it.each(Object.keys(schemas))('%s gets no variable that it does not know', (name) => {
    const known = [...Object.keys(schemas[name]?.shape ?? {}), ...FRAMEWORK];
    const given = [...Object.keys(functions[name]?.environment ?? {}), ...commonEnvironment()];
    expect(given.filter((variable) => !known.includes(variable))).toStrictEqual([]);
  });

  it.each(Object.keys(schemas))(
    '%s gets every variable that an operator may want to set',
    (name) => {
      const given = [...Object.keys(functions[name]?.environment ?? {}), ...commonEnvironment()];
      const unset = Object.keys(schemas[name]?.shape ?? {}).filter((one) => !given.includes(one));
      expect(unset.filter((variable) => !NOT_FOR_GOOGLE.includes(variable))).toStrictEqual([]);
    },
  );

  it.each([
    ['copy_artifact', 'copy_timeout', CopyArtifactConfig.shape.COPY_TIMEOUT_SECONDS],
    ['copy_artifact', 'blob_concurrency', CopyArtifactConfig.shape.BLOB_CONCURRENCY],
    ['reconcile', 'jobs_per_second', ReconcileConfig.shape.JOBS_PER_SECOND],
    ['reconcile', 'requests_per_second', ReconcileConfig.shape.REQUESTS_PER_SECOND],
    ['reconcile', 'request_budget', ReconcileConfig.shape.REQUEST_BUDGET],
    ['reconcile', 'part_seconds', ReconcileConfig.shape.RECONCILE_SECONDS],
  ])('%s.%s has the function’s own default', (variable, attribute, type) => {
    const [, value] =
      new RegExp(`\\b${attribute}\\s+= optional\\(number, (\\d+)\\)`).exec(
        String(vendor.variables[variable]?.['type']),
      ) ?? [];
    expect(Number(value)).toBe(z.parse(type, undefined));
  });

  it.each([
    ['grace_seconds', CopyArtifactConfig.shape.GRACE_SECONDS],
    ['max_manifest_bytes', CopyArtifactConfig.shape.MAX_MANIFEST_BYTES],
  ])('%s has the functions’ own default', (variable, type) => {
    expect(vendor.variables[variable]?.['default']).toBe(z.parse(type, undefined));
  });

  it.each(Object.keys(schemas))('%s may publish to its configured topics, no others', (name) => {
    const { publishes, environment } = functions[name] ?? { publishes: [], environment: {} };
    const told = Object.entries(environment)
      .filter(([variable]) => variable.endsWith('_TOPIC'))
      .map(([, topic]) => /local\.topics\["([^"]+)"\]/.exec(topic)?.[1]);
    expect(told.sort()).toEqual([...publishes].sort());
  });

  it('end before Pub/Sub stops waiting, and copies before that', () => {
    const time = z.number().parse(vendor.locals['function_timeout']);
    const copy = /copy_timeout\s+= optional\(number, (\d+)\)/.exec(
      String(vendor.variables['copy_artifact']?.['type']),
    );
    expect(Number(copy?.[1])).toBe(
      z.parse(CopyArtifactConfig.shape.COPY_TIMEOUT_SECONDS, undefined),
    );
    expect(Number(copy?.[1])).toBeLessThanOrEqual(time - 60);
    for (const settings of Object.values(deployedSubscriptions())) {
      if ('function' in settings) expect(settings.ackDeadlineSeconds).toBeGreaterThan(time);
    }
  });
});

describe('the instances that a deployment asks for', () => {
  const most = (text: string) =>
    [...text.matchAll(/\bmax_instances\s*=\s*(?:optional\(number, )?(\d+)/g)].map(([, number]) =>
      Number(number),
    );

  it('are 200 or fewer, as many as a new project may have in a region', () => {
    const defaults = most(read('variables.tf'));
    expect(defaults).toHaveLength(3);
    const sum = defaults.reduce((all, one) => all + one, 0);
    for (const [name, text] of terraformTexts(join(infra, 'examples'))) {
      const more = Math.max(0, ...most(text).map((one) => one - Math.max(...defaults)));
      expect({ name, fits: sum + more <= 200 }).toEqual({ name, fits: true });
    }
  });
});

describe('the subscriptions that Terraform makes', () => {
  it('take every setting from the file that the local stack reads', () => {
    expect(vendor.locals['subscription_settings']).toBe(
      '${jsondecode(file("${path.module}/../../subscriptions.json"))}',
    );
    expect(vendor.resources['google_pubsub_subscription']?.['push']).toMatchObject({
      topic: '${each.value.topic_name}',
      filter: '${try(each.value.filter, null)}',
      ack_deadline_seconds: '${each.value.ackDeadlineSeconds}',
      message_retention_duration: '${each.value.retentionSeconds}s',
      retain_acked_messages: '${each.value.retainAckedMessages}',
      retry_policy: [
        {
          minimum_backoff: '${each.value.minimumBackoffSeconds}s',
          maximum_backoff: '${each.value.maximumBackoffSeconds}s',
        },
      ],
      dead_letter_policy: [
        {
          dead_letter_topic: '${local.topics[each.value.deadLetterTopic]}',
          max_delivery_attempts: '${each.value.maxDeliveryAttempts}',
        },
      ],
    });
  });

  it('push to existing functions, on topics with a publisher', () => {
    const members = z
      .record(z.string(), z.looseObject({ topic: z.string(), role: z.string() }))
      .parse(vendor.resources['google_pubsub_topic_iam_member']);
    const published = [
      ...Object.values(functions).flatMap(({ publishes }) => publishes),
      // Artifact Registry needs no leave for its own, others of Google's do.
      'gcr',
      ...Object.values(members).flatMap(({ topic, role }) =>
        role === 'roles/pubsub.publisher' ? /relay\["([^"]+)"\]/.exec(topic)?.[1] : [],
      ),
    ];
    for (const settings of Object.values(deployedSubscriptions())) {
      if ('function' in settings) expect(Object.keys(functions)).toContain(settings.function);
      expect(published).toContain(settings.topic);
    }
  });
});

describe('what Terraform grants', () => {
  it('is added to what others granted, never in its place', () => {
    const types = Object.keys(vendor.resources);
    expect(types.filter((type) => type.endsWith('_iam_policy'))).toStrictEqual([]);
    const bindings = types.filter((type) => type.endsWith('_iam_binding'));
    for (const type of bindings) {
      // A binding replaces those of its role and its condition alone.
      for (const binding of Object.values(vendor.resources[type] ?? {})) {
        expect(binding).toMatchObject({ condition: [{ title: '${local.readers_title}' }] });
      }
    }
    expect(bindings).toHaveLength(2);
    for (const [name, text] of terraformTexts(infra)) {
      if (name.startsWith('modules/vendor/')) continue;
      const replaces = /resource "google_\w+_iam_(binding|policy)"/.test(text);
      expect({ name, replaces }).toEqual({ name, replaces: false });
    }
  });

  it('is nothing to the public', () => {
    for (const [name, text] of terraformTexts(infra)) {
      expect({
        name,
        public: /allUsers|allAuthenticatedUsers/.test(withoutRefusals(text)),
      }).toEqual({
        name,
        public: false,
      });
    }
  });

  it('is on a whole project only where no single resource can be named', () => {
    expect(Object.keys(vendor.resources['google_project_iam_member'] ?? {})).toEqual([
      'build_log',
      'build_source',
    ]);
  });

  it('is listed in docs/security.md, role by role', () => {
    const security = readFileSync(join(infra, '..', 'docs', 'security.md'), 'utf8');
    const roles = [...terraformTexts(infra).values()].flatMap(
      (text) => text.match(/roles\/[\w.]+/g) ?? [],
    );
    for (const role of new Set(roles)) expect(security).toContain(role);
  });
});

describe('the root that people apply', () => {
  it('has the variables of the module, passes each on, and gives what it gives', () => {
    const said = ({ variables }: Terraform) =>
      Object.entries(variables).map(([name, { type, description, default: given }]) => {
        // Where it is applied, it knows where the files are.
        const isPath = name.endsWith('_file');
        return { name, type, description, ...(isPath ? {} : { given }) };
      });
    const own = ['deployer'];
    expect(said(root).filter(({ name }) => !own.includes(name))).toEqual(said(vendor));
    const { source, ...passed } = root.modules['vendor'] ?? {};
    expect(source).toBe('./modules/vendor');
    expect(passed).toEqual(
      Object.fromEntries(Object.keys(vendor.variables).map((name) => [name, `\${var.${name}}`])),
    );
    const outputs = Object.entries(vendor.outputs).map(([name, { description }]) => [
      name,
      { description, value: `\${module.vendor.${name}}` },
    ]);
    expect(root.outputs).toEqual(Object.fromEntries(outputs));
  });
});

describe('the ways through both perimeters', () => {
  it('are of the same methods', async () => {
    const target = await readTerraform(join(infra, 'modules', 'target'));
    expect(vendor.locals['rewrite_methods']).toEqual(target.locals['rewrite_methods']);
    const { image } = z
      .object({ image: z.looseObject({ write: z.array(z.string()) }) })
      .parse(vendor.locals['perimeter_methods']);
    expect(image.write).toEqual(target.locals['docker_methods']);
  });
});

describe('the rules that Terraform reads', () => {
  const examples = readdirSync(join(infra, 'examples')).filter((name) =>
    existsSync(join(infra, 'examples', name, 'rules.yaml')),
  );
  it.each(examples)('are right in the example %s', (name) => {
    expect(() => parseRules(read('examples', name, 'rules.yaml'), 'rules.yaml')).not.toThrow();
  });

  it('are in the stand-in packages as in those of `npm run package`', () => {
    expect(runScript('terraform-fixtures.mjs')).toBe('');
  });
});

describe('the providers', () => {
  it.each(['google', 'time'])('lock %s at a version that the configuration takes', (name) => {
    const [, taken = ''] =
      new RegExp(`"hashicorp/${name}"[^}]*version += "(>= .+, .+)"`).exec(
        read('modules', 'vendor', 'versions.tf'),
      ) ?? [];
    const [, locked = ''] =
      new RegExp(`hashicorp/${name}" \\{\\s+version += "([\\d.]+)"`).exec(
        read('.terraform.lock.hcl'),
      ) ?? [];
    expect(satisfies(locked, taken.replace(',', ''))).toBe(true);
  });
});

describe('the documentation of the Terraform', () => {
  it('has the tables of today', () => {
    expect(runScript('terraform-readme.mjs')).toBe('');
  });

  it('has a section of the runbook for every alert', () => {
    const runbook = readFileSync(join(infra, '..', 'docs', 'alerts.md'), 'utf8');
    const alerts = Object.keys(z.record(z.string(), z.unknown()).parse(vendor.locals['alerts']));
    const headings = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
      (text ?? '')
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(/\s/g, '-'),
    );
    expect(alerts.filter((alert) => !headings.includes(alert))).toStrictEqual([]);
  });
});

/** What a variable refuses to be given is granted to nobody. */
function withoutRefusals(text: string): string {
  return text.replaceAll(/^ {2}validation \{\n[^]*?^ {2}\}\n/gm, '');
}
