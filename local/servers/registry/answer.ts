import type { Auth } from './auth';
import type { Endpoints } from './endpoints/endpoints';
import { requireRepository } from './endpoints/references';
import { errorReply } from './errors';
import { CutError, type Endpoint } from './reply';

/** Authorises a request and answers it; a refusal is an answer, too. */
export function createAnswer(auth: Auth, endpoints: Endpoints): Endpoint {
  return async (exchange) => {
    try {
      const { kind, repository } = exchange.route;
      if (repository !== '') requireRepository(repository);
      auth.authorize(exchange);
      return await endpoints.byKind[kind](exchange);
    } catch (error) {
      if (error instanceof CutError) throw error;
      return errorReply(error);
    }
  };
}
