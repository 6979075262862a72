import * as z from 'zod';
import { RegistryError } from '../../oci/http/errors';
import type { Check } from '../check';
import { gcrTopicOf } from '../deployment';
import { look, type ProjectDeps } from './look';

const Any = z.looseObject({});
const Granted = z.object({ permissions: z.array(z.string()).default([]) });
const Bucket = z.object({
  projectNumber: z.string().default(''),
  versioning: z.object({ enabled: z.boolean().default(false) }).default({ enabled: false }),
});
const ATTACH = 'pubsub.topics.attachSubscription';

/** The topic `gcr` of each project with sources: it exists, and the caller may subscribe to it. */
export async function checkGcrTopics(deps: ProjectDeps): Promise<Check[]> {
  return (await Promise.all(deps.gcrProjects.map((one) => checkGcrTopic(one, deps)))).flat();
}

async function checkGcrTopic(owner: string, deps: ProjectDeps): Promise<Check[]> {
  const { api } = deps;
  const topic = gcrTopicOf(owner);
  const question = { about: `topic ${topic}`, on: `projects/${owner}` };
  const exists = { ...question, what: 'exists', role: 'roles/pubsub.viewer' };
  const checks = await look(exists, deps, async () => {
    const found = await orAbsent(api.get('pubsub.googleapis.com', `v1/${topic}`, Any));
    const { about, what } = exists;
    if (found !== undefined) return [{ about, what, state: 'ok', found: 'exists' }];
    const fix = `gcloud pubsub topics create gcr --project=${owner}`;
    const text = 'does not exist: no push would be announced';
    return [{ about, what, state: 'wrong', found: text, fix }];
  });
  if (checks.some(({ state }) => state === 'wrong')) return checks;
  const subscribe = { ...question, what: 'subscribe', role: 'roles/pubsub.viewer' };
  const { about, what } = subscribe;
  const asked = await look(subscribe, deps, async () => {
    const path = `v1/${topic}:testIamPermissions`;
    const body = { permissions: [ATTACH] };
    const { permissions } = await api.post('pubsub.googleapis.com', path, body, Granted);
    if (permissions.includes(ATTACH)) return [{ about, what, state: 'ok', found: 'allowed' }];
    const fix = `gcloud pubsub topics add-iam-policy-binding gcr --project=${owner} \\\n  --member=CALLER \\\n  --role=roles/pubsub.subscriber`;
    return [{ about, what, state: 'wrong', found: `not permitted: ${ATTACH}`, fix }];
  });
  return [...checks, ...asked];
}

/** The bucket for Terraform's state that infra/bootstrap.sh creates; state may also be kept elsewhere. */
export function checkStateBucket(deps: ProjectDeps): Promise<Check[]> {
  const { api, project, projectName, region } = deps;
  const name = `${project.replaceAll(/[:.]/g, '-')}-terraform-state`;
  const check = { about: `bucket gs://${name}`, what: 'state' };
  return look({ ...check, role: 'roles/storage.admin' }, deps, async () => {
    const found = await orAbsent(api.get('storage.googleapis.com', `storage/v1/b/${name}`, Bucket));
    if (found === undefined) {
      const fix = `If state is kept elsewhere, ignore this. Otherwise create it:\ninfra/bootstrap.sh ${project} ${region}`;
      return [{ ...check, state: 'note', found: 'does not exist', fix }];
    }
    const { projectNumber: owner } = found;
    if (projectName !== undefined && owner !== '' && `projects/${owner}` !== projectName) {
      const text = `belongs to another project, number ${owner}`;
      const fix =
        'Its owner could read and change the state. Keep the state in a bucket of your own.';
      return [{ ...check, state: 'wrong', found: text, fix }];
    }
    if (!found.versioning.enabled) {
      const fix = `gcloud storage buckets update gs://${name} --versioning`;
      return [{ ...check, state: 'note', found: 'keeps no older versions of the state', fix }];
    }
    return [{ ...check, state: 'ok', found: 'exists, with versions' }];
  });
}

async function orAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  }
}
