// What a discovery document says of an API: its methods by HTTP request, and the schemas of their bodies.

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly readOnly?: boolean;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
}
interface Parameter {
  readonly location: 'path' | 'query';
  readonly pattern?: string;
  readonly required?: boolean;
  readonly enum?: readonly string[];
}
export interface Method {
  readonly id: string;
  readonly path: string;
  readonly httpMethod: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly request?: { readonly $ref: string };
  readonly response?: { readonly $ref: string };
  readonly supportsMediaUpload?: boolean;
}
interface Resources {
  readonly methods?: Readonly<Record<string, Method>>;
  readonly resources?: Readonly<Record<string, Resources>>;
}
export interface Document extends Resources {
  readonly rootUrl: string;
  readonly servicePath: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly schemas: Readonly<Record<string, Schema>>;
}
/** A method, and what matches the path of its requests. */
export interface Route {
  readonly document: Document;
  readonly method: Method;
  readonly pattern: RegExp;
}

/** The host of an API, by which its full resource names begin. */
export function hostOf(document: Document): string {
  return new URL(document.rootUrl).hostname;
}

/** Methods with a verb of their own come first: a name may have a colon, too. */
export function routesOf(document: Document): Route[] {
  const routes = methodsOf(document).map((method) => {
    return { document, method, pattern: patternOf(method) };
  });
  const hasVerb = ({ method }: Route): boolean => method.path.includes(':');
  return [...routes.filter(hasVerb), ...routes.filter((route) => !hasVerb(route))];
}

function methodsOf({ methods, resources }: Resources): Method[] {
  return [
    ...Object.values(methods ?? {}),
    ...Object.values(resources ?? {}).flatMap((inner) => methodsOf(inner)),
  ];
}

/** RFC 6570, as far as discovery documents go: `{name}` is one segment, `{+name}` has a pattern of its own. */
function patternOf({ path, parameters }: Method): RegExp {
  const source = path.replaceAll(/\{(\+?)(\w+)\}|[.:]/g, (text, plus: string, name?: string) => {
    if (name === undefined) return `\\${text}`;
    const pattern = plus === '+' ? parameters?.[name]?.pattern : undefined;
    return `(?<${name}>${pattern?.replace(/^\^/, '').replace(/\$$/, '') ?? '[^/]+'})`;
  });
  return new RegExp(`^${source}$`);
}
