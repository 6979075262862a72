import type * as z from 'zod';
import { readJson } from '../oci/http/bodies';
import type { Connection, RegistryClient } from '../oci/client';
import type { HttpResponse } from '../oci/http/transport';

/**
 * Google's REST APIs, with the caller's own credentials. Both methods throw {@link RegistryError}, {@link NetworkError},
 * {@link GoogleCredentialsError}, and fail for an answer without the schema's form.
 */
export interface GoogleApi {
  /** `path` begins with the version: `v1/projects/vendor`. */
  get<T>(host: string, path: string, schema: z.ZodType<T>): Promise<T>;
  /** The same with a JSON body. For methods that only read: a request is repeated after a transient failure. */
  post<T>(host: string, path: string, body: object, schema: z.ZodType<T>): Promise<T>;
}

export interface GoogleApiDeps extends Pick<RegistryClient, 'connect'> {
  /** Whose quota the requests use: required of a person's credentials. Its owner has enabled the API. */
  readonly quotaProject: string;
  /** `host:port` that answers for all of Google's hosts, each below its own name, without TLS or credentials. */
  readonly emulator?: string;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** No request is sent. */
export function openGoogleApi({ connect, quotaProject, emulator }: GoogleApiDeps): GoogleApi {
  function call<T>(
    { host, path, body }: { host: string; path: string; body?: object },
    schema: z.ZodType<T>,
  ): Promise<T> {
    const connection: Connection = connect(
      { registry: emulator ?? host, repository: quotaProject },
      { access: 'pull' },
    );
    const url = new URL(
      emulator === undefined ? `/${path}` : `/${host}/${path}`,
      connection.origin,
    );
    const headers = {
      'x-goog-user-project': quotaProject,
      ...(body && { 'content-type': 'application/json' }),
    };
    return connection.exchange(
      {
        method: body ? 'POST' : 'GET',
        url,
        accept: [200],
        headers,
        body: body && Buffer.from(JSON.stringify(body)),
      },
      (response) => readAnswer(response, schema),
    );
  }
  return {
    get: (host, path, schema) => call({ host, path }, schema),
    post: (host, path, body, schema) => call({ host, path, body }, schema),
  };
}

/** Reads an answer of one of Google's APIs. @throws {Error} for another form or more than 4 MiB. */
export function readAnswer<T>(response: HttpResponse, schema: z.ZodType<T>): Promise<T> {
  const otherwise = "the answer does not have the form of Google's API";
  return readJson(response, { schema, limit: MAX_ANSWER_BYTES, otherwise });
}
