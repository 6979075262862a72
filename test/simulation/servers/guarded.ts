import type { ServiceOptions } from '../../../local/servers/registry/registry';

/** What the relay shows to a registry that asks for it. */
export const CREDENTIALS = { username: 'relay', password: 'of the relay' };

/** A registry that wants a token for each repository, which soon is too old. */
export const GUARDED: ServiceOptions = {
  auth: {
    scheme: 'bearer',
    users: { [CREDENTIALS.username]: CREDENTIALS.password },
    expiresSeconds: 60,
  },
};
