import { RegistryError } from '../../oci/http/errors';
import { isRefusedMove } from './tag';

const answer = (
  status: number,
  detail: string,
  ...entries: { message: string; detail: string }[]
) =>
  new RegistryError({
    method: 'PUT',
    url: 'https://there',
    status,
    entries: entries.map((entry) => ({ code: 'DENIED', ...entry })),
    detail,
  });
const said = { message: 'no', detail: 'not now' };

it.each([
  ['in its body', answer(400, 'tag v1 is Immutable')],
  ['in a message', answer(403, '', said, { message: 'tags are immutable', detail: '' })],
  ['in the details of an entry', answer(409, '', { message: '', detail: 'IMMUTABLE' }, said)],
  ['with the last status that is the client’s fault', answer(499, 'tag immutability')],
])('is a refusal to move a tag that says so %s', (_where, refused) => {
  expect(isRefusedMove(refused)).toBe(true);
});

it.each([
  ['no answer', undefined],
  ['one that says nothing of it', answer(403, 'permission denied', said)],
  ['one that is no refusal', answer(399, 'immutable')],
  ['one of a server that fails', answer(500, 'an immutable backend is restarting')],
  ['words that meet in one entry', answer(400, '', { message: 'immu', detail: 'tab' })],
  [
    'words that meet in two',
    answer(400, '', { message: '', detail: 'immu' }, { message: 'tab', detail: '' }),
  ],
])('is not %s', (_what, other) => {
  expect(isRefusedMove(other)).toBe(false);
});
