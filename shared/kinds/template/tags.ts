import { dropBody, unusableAnswer } from '../../oci/http/bodies';
import type { Digest } from '../../oci/digest';
import type { HttpResponse, Method } from '../../oci/http/transport';
import {
  readAnswer,
  Tag,
  Version,
  versionOf,
  type PackageContext,
  type TemplatePackage,
} from './package';

type TagEndpoints = Pick<
  TemplatePackage,
  'readTag' | 'hasVersion' | 'readDescription' | 'createTag' | 'moveTag'
>;

/**
 * Artifact Registry's API, https://cloud.google.com/artifact-registry/docs/reference/rest, as kfp's RegistryClient uses
 * it.
 */
export function createTagEndpoints({ api, name }: PackageContext): TagEndpoints {
  const parent = `${name.parent}/packages/${encodeURIComponent(name.package)}`;
  const urlOf = (path: string): URL => new URL(`/v1/${parent}/${path}`, api.origin);
  const tagUrl = (tag: string): URL => urlOf(`tags/${encodeURIComponent(tag)}`);

  /** `undefined`: the answer was `otherwise`. */
  const ask = <T>(
    request: { readonly method: Method; readonly url: URL; readonly version?: Digest },
    otherwise: number,
    read: (response: HttpResponse) => Promise<T>,
  ): Promise<T | undefined> => {
    const { method, url, version } = request;
    const body =
      version === undefined
        ? undefined
        : Buffer.from(JSON.stringify({ name: '', version: `${parent}/versions/${version}` }));
    const call = {
      method,
      url,
      accept: [200, otherwise],
      ...(body && { body, headers: { 'content-type': 'application/json' }, setsTag: true }),
    };
    return api.exchange(call, async (response) => {
      if (response.status === 200) return read(response);
      await dropBody(response);
      return undefined;
    });
  };

  const write = async (
    method: 'POST' | 'PATCH',
    url: URL,
    { version, otherwise }: { readonly version: Digest; readonly otherwise: number },
  ): Promise<boolean> => {
    const set = await ask({ method, url, version }, otherwise, async (response) => {
      const held = await heldBy(response);
      if (held === version) return held;
      throw unusableAnswer(response, `the tag was to hold ${version} and now holds ${held}`);
    });
    return set !== undefined;
  };

  return {
    readTag: (tag) => ask({ method: 'GET', url: tagUrl(tag) }, 404, heldBy),
    async hasVersion(version) {
      const request = { method: 'GET', url: urlOf(`versions/${version}`) } as const;
      const found = await ask(request, 404, async (response) => {
        await dropBody(response);
        return true;
      });
      return found === true;
    },
    async readDescription(version) {
      const request = { method: 'GET', url: urlOf(`versions/${version}`) } as const;
      const found = await ask(request, 404, (response) => readAnswer(response, Version));
      return found?.description === '' ? undefined : found?.description;
    },
    createTag: (tag, version) =>
      write('POST', urlOf(`tags?tagId=${encodeURIComponent(tag)}`), { version, otherwise: 409 }),
    moveTag: (tag, version) =>
      write('PATCH', new URL('?updateMask=version', tagUrl(tag)), { version, otherwise: 404 }),
  };
}

async function heldBy(response: HttpResponse): Promise<Digest> {
  const { version } = await readAnswer(response, Tag);
  const held = versionOf(version);
  if (held === undefined) throw unusableAnswer(response, 'the tag holds no sha256 version');
  return held;
}
