import type { Random } from '../../support/random';
import { VENDOR_REPOSITORY as SOURCE } from './customer';
import type { ImagePush, Move, Note } from './move';
import type { Plan } from './plan';

const WHILE_MS = 25 * 60_000;

/**
 * What anybody may publish: what nobody can understand, what no rule allows, what is understood and needs nothing. One of
 * each, whatever the seed. `pushes` are what the vendor does on the same day.
 */
export function planMessages(
  random: Random,
  pushes: readonly Move[],
  { customers, rules }: Pick<Plan, 'customers' | 'rules'>,
): Move[] {
  const customerOf = (rule: string): string =>
    rules.find(({ name }) => name === rule)!.targets[0]!.name;
  const [apis, webs] = [customerOf('api'), customerOf('web')];
  // Who gets other things, and no api.
  const other = customers[2]!.name;
  const forged = refused('not-allowed', 0);
  const notes: Note[] = [
    ...junk(),
    // Nobody releases it, or not to this customer.
    job({ source: `${SOURCE}/internal:latest`, target: apis }, forged),
    job({ source: `${SOURCE}/api:v1.0.0`, target: other }, forged),
    job({ source: `${SOURCE}/api:v9.0.0-rc1`, target: apis }, forged),
    job({ source: `${SOURCE}/api:v1.0.0`, target: 'nobody' }, forged),
    job({ source: `evil.example/vendor/releases/api:v1.0.0`, target: apis }, forged),
    ...digestJobs(pushes, apis),
    job(
      { source: `${SOURCE}/api:v1.0.0`, target: apis, rule: 'renamed' },
      refused('rule-not-allowed', 1),
    ),
    // A job for what is gone, and one for what is there.
    job({ source: `${SOURCE}/api:v0.0.0`, target: apis }),
    job({
      source: `${SOURCE}/web:latest`,
      target: webs,
      rule: 'web',
      more: 'from a newer version',
    }),
    job({ source: `${SOURCE}/api:v1.0.0`, target: apis, repair: true }),
    entry('train/imports/7'),
    notice({ action: 'DELETE', tag: `${SOURCE}/api:v0.0.0` }),
    notice({ action: 'POLISH', tag: `${SOURCE}/api:v1.0.0` }),
    notice({ action: 'INSERT', digest: `${SOURCE}/internal@sha256:${'0'.repeat(64)}` }),
  ];
  return notes.map((note) => ({ ...note, at: random.between(note.at, note.at + WHILE_MS) }));
}

function junk(): Note[] {
  const letter = refused('invalid-message', 0);
  return [
    { ...note('gcr', 'no push'), ...letter },
    { ...note('gcr', '{"action":"INSERT","tag":"../../x:1"}'), ...letter },
    { ...note('copy-jobs', '[1]'), ...letter },
    { ...note('copy-jobs', '{"no":"job"}'), ...letter },
  ];
}

/** An image by its digest alone is no attachment; what is attached to something that was never released stays where it is. */
function digestJobs(pushes: readonly Move[], target: string): Note[] {
  const job = (name: string, isAttached: boolean, letter: Pick<Note, 'letter'>): Note => {
    const push = pushes.find(
      (move): move is ImagePush =>
        move.kind === 'push' && move.image === name && (move.subject !== undefined) === isAttached,
    )!;
    const source = `${SOURCE}/${name}@${push.content.root.digest}`;
    return { ...note('copy-jobs', JSON.stringify({ source, target })), ...letter, at: push.at };
  };
  return [
    job('api', false, refused('uncopyable', 0)),
    job('internal', true, refused('not-allowed', 0)),
  ];
}

function refused(reason: string, graces: number): Pick<Note, 'letter'> {
  return { letter: { reason, graces } };
}

function note(topic: Note['topic'], data: string): Note {
  return { kind: 'message', at: 0, topic, data };
}

function job(body: object, letter: Pick<Note, 'letter'> = {}): Note {
  return { ...note('copy-jobs', JSON.stringify(body)), ...letter };
}

/** Of an audit log, about more than anybody knows of: it is taken for what it begins with. */
function entry(name: string): Note {
  const resourceName = `projects/vendor/locations/us/repositories/pipelines/packages/${name}`;
  const protoPayload = { methodName: 'Kfp-UploadPackage', resourceName };
  return note('template-uploads', JSON.stringify({ protoPayload }));
}

function notice(body: object): Note {
  return note('gcr', JSON.stringify(body));
}
