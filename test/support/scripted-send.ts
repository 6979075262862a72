import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type {
  HttpRequest,
  HttpResponse,
  ResponseBody,
  Send,
} from '../../shared/oci/http/transport';
import type { ScriptedAnswer } from './scripted-server';

/** An answer as it arrives, also one whose body comes in pieces, or breaks off. */
export interface ArrivingAnswer extends Omit<ScriptedAnswer, 'body'> {
  readonly body?: ScriptedAnswer['body'] | Readable;
}

export interface ScriptedSend {
  readonly send: Send;
  readonly requests: readonly HttpRequest[];
  readonly answers: readonly HttpResponse[];
}

/** No test has more to say: who asks for more would ask for ever. */
const MOST = 100;

/** Sends nothing: says what a test wants to hear. What the script throws is the failure of the network. */
export function createScriptedSend(
  script: (request: HttpRequest) => ArrivingAnswer | Promise<ArrivingAnswer>,
): ScriptedSend {
  const requests: HttpRequest[] = [];
  const answers: HttpResponse[] = [];
  return {
    requests,
    answers,
    async send(request) {
      requests.push(request);
      if (requests.length > MOST) throw new Error('there was no end of requests');
      const answer = responseOf(await script(request), request);
      answers.push(answer);
      return answer;
    },
  };
}

export function responseOf(
  { status = 200, headers = {}, body = '' }: ArrivingAnswer,
  {
    method = 'GET',
    url = new URL('https://registry.example/v2/a/b/manifests/v1'),
  }: Partial<Pick<HttpRequest, 'method' | 'url'>> = {},
): HttpResponse {
  return { method, url, status, headers: { ...headers }, body: bodyOf(body) };
}

function bodyOf(content: NonNullable<ArrivingAnswer['body']>): ResponseBody {
  const isPlain = typeof content === 'string' || content instanceof Uint8Array;
  const stream =
    content instanceof Readable
      ? content
      : Readable.from([Buffer.from(isPlain ? content : JSON.stringify(content))]);
  return Object.assign(stream, {
    async dump() {
      await buffer(stream);
    },
  });
}
