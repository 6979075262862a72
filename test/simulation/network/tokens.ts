import type { GoogleTokens } from '../../../shared/oci/auth/auth';
import { NetworkError, RegistryError } from '../../../shared/oci/http/errors';
import type { Life } from '../time/life';
import type { Weather } from './weather';

const IAM = 'https://iamcredentials.googleapis.com/v1/token';

/** Access tokens, of whom each is; which may be slow, or not to be had for a moment. */
export function createTokens(
  weather: Pick<Weather, 'asking'>,
  life: Pick<Life, 'after'>,
): GoogleTokens {
  return {
    async accessToken(identity) {
      const { end, milliseconds } = weather.asking();
      // Mostly they are known.
      if (milliseconds > 0) {
        await new Promise<void>((resolve) => {
          life.after(milliseconds, 'an access token', resolve);
        });
      }
      if (end === 'unreachable') throw new NetworkError('POST', IAM, new Error('ECONNRESET'));
      if (end === 'unavailable')
        throw new RegistryError({ method: 'POST', url: IAM, status: 503, entries: [], detail: '' });
      return tokenOf(identity);
    },
  };
}

export function tokenOf(identity: string | undefined): string {
  return `token-${identity ?? 'of-the-relay'}`;
}
