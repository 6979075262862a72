import type { CatalogImage } from '../../local/servers/artifact-registry/catalog';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { parseRules } from '../../shared/kinds/rules';
import { digestOf } from '../../shared/oci/digest';
import type { Rules } from '../../shared/rules/rules';
import { createReconcileStage, type ReconcileStage } from '../../test/support/reconcile-stage';

const SOURCE = 'us-docker.pkg.dev/vendor/releases';
const PAGE = 1000;

let target: Registry;
let stage: ReconcileStage;
let images: CatalogImage[];
beforeEach(async () => {
  target = await createRegistry();
});
afterEach(() => Promise.all([stage.close(), target.close()]));

async function open(rules: Rules, requestBudget: number): Promise<void> {
  stage = await createReconcileStage({ rules, images: () => images, requestBudget });
}

/** Uploaded on the nth day. */
function listed(image: string, day: number): CatalogImage {
  return {
    image,
    digest: digestOf(Buffer.from(image)),
    tags: ['v1'],
    size: 1,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    uploadedAt: Date.UTC(2026, 0, day),
  };
}

/** How often the target was asked about each image. */
function askedAbout(): Map<string, number> {
  const asked = new Map<string, number>();
  for (const { path } of target.requests.of('headManifest')) {
    const [, image = ''] = /acme\/(.*)\/manifests\//.exec(path) ?? [];
    asked.set(image, (asked.get(image) ?? 0) + 1);
  }
  return asked;
}

it('lists a source once for all its rules, and asks each rule once about each release', async () => {
  const [count, releases] = [1000, 1500];
  let questions = 0;
  const rules = parseRules(`targets: { acme: { repository: '${target.address}/acme' } }
rules:
${Array.from({ length: count }, (_, at) => `  - { name: r${at}, source: ${SOURCE}, images: [service-${at}/*], targets: [acme] }`).join('\n')}
`);
  const counting = rules.rules.map((rule) => ({
    ...rule,
    matchesPath(path: string) {
      questions += 1;
      return rule.matchesPath(path);
    },
  }));
  images = Array.from({ length: releases }, (_, at) =>
    listed(`service-${at % count}/${Math.floor(at / count)}`, at),
  );
  await open({ ...rules, rules: counting }, 10_000);
  const answers = await stage.run();
  expect(answers).toEqual([
    '1 source to compare',
    ...[1000, 500].map((some) => `${some} releases compared, ${some} copy jobs published`),
  ]);
  expect(stage.listed()).toBe(Math.ceil(releases / PAGE));
  expect(questions).toBeLessThanOrEqual(count * releases);
  expect(askedAbout().size).toBe(releases);
});

describe('a source that changes between two parts', () => {
  const names = Array.from({ length: PAGE + 20 }, (_, at) => `api-${1000 + at}`);
  const rules = () =>
    parseRules(`targets: { acme: { repository: '${target.address}/acme' } }
rules: [{ name: all, source: ${SOURCE}, targets: [acme] }]`);

  it.each<[string, (all: CatalogImage[]) => CatalogImage[]]>([
    ['gains a release', (all) => [listed('a-new-one', 2000), ...all]],
    ['loses a release', (all) => all.filter((_, at) => at !== PAGE - 1)],
    ['has another order', (all) => [...all.slice(0, PAGE).reverse(), ...all.slice(PAGE)]],
  ])('loses none of the others where it %s', async (_what, change) => {
    // The newest are listed first: what leaves a page, or enters it, is compared before the rest.
    images = names.map((name, at) => listed(name, names.length - at));
    await open(rules(), 1);
    await stage.run((answers) => {
      if (answers.length === 3) images = change(images);
    });
    const asked = askedAbout();
    expect(names.filter((name) => !asked.has(name))).toStrictEqual([]);
    expect([...asked.values()].filter((times) => times > 2)).toStrictEqual([]);
  });
});
