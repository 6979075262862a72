// What Google would refuse in the middle of an apply is refused by the plan.
import { stringify } from 'yaml';
import { worldBefore, type Example } from './example';
import { onStage, type Setting } from './lifecycle';

/** One principal more than an IAM policy takes. */
const TOO_MANY = 1501;

/** Plans a bucket, and a folder of another one, that are released to too many accounts. @throws {Error} unless both are refused */
export async function refuseTooMany(setting: Setting): Promise<void> {
  const rules = { file: 'infra/examples/smallest/rules.yaml', text: rulesFor(TOO_MANY) };
  const example: Example = { name: 'limits', folder: 'infra/examples/smallest', rules };
  await onStage(setting, example, worldBefore(setting.root, example), async (stage) => {
    const { terraform, pack } = stage.workspace;
    await terraform('init');
    await stage.step(`plan for ${TOO_MANY} customers`, async () => {
      await pack(rules.text);
      const reported = await terraform('plan').catch((error: unknown) => String(error));
      for (const advice of ['release from folders', 'release from several folders']) {
        if (!reported.replaceAll(/\s+/g, ' ').includes(advice))
          throw new Error(`Not refused:\n${reported}`);
      }
      return 'refused, since a policy takes 1,500';
    });
  });
}

function rulesFor(customers: number): string {
  const names = Array.from({ length: customers }, (_, index) => `c${index}`);
  const targets = Object.fromEntries(
    names.map((name) => {
      const impersonate = `release@${name}-customer.iam.gserviceaccount.com`;
      return [name, { bucket: `gs://${name}-models`, impersonate }];
    }),
  );
  const release = (name: string, source: string) => {
    return { name, source, as: `${name}/{object}`, targets: ['everyone'] };
  };
  const rules = [release('all', 'gs://vendor-models'), release('some', 'gs://vendor-more/some')];
  return stringify({ targets, groups: { everyone: names }, rules });
}
