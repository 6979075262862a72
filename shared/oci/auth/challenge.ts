/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** Names in lower case, values without quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
/** More than a token may hold: some send URLs without quotes. */
const BARE_VALUE = /[^\s,"]+/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const SPACES = / +/y;
const SEPARATOR = /[ \t]*(?:,[ \t]*)*/y;

/**
 * Reads all challenges of all headers (RFC 9110, 11.6.1): several in one header, commas in quoted strings, token68.
 * What cannot be read ends the header it stands in.
 */
export function parseChallenges(headers: string | string[] | undefined): Challenge[] {
  return [headers ?? []].flat().flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  const challenges: Challenge[] = [];
  let parameters = new Map<string, string>();
  for (;;) {
    take(SEPARATOR);
    const name = take(TOKEN)?.[0];
    if (name === undefined) return challenges;
    // A token is a parameter when "=" and a value follow, else it is the scheme of a new challenge.
    if (take(EQUALS) !== null) {
      const quoted = take(QUOTED)?.[1];
      const value = quoted?.replace(/\\(.)/g, '$1') ?? take(BARE_VALUE)?.[0];
      if (value === undefined || challenges.length === 0) return challenges;
      parameters.set(name.toLowerCase(), value);
      continue;
    }
    parameters = new Map();
    challenges.push({ scheme: name.toLowerCase(), parameters });
    if (take(SPACES) !== null) take(TOKEN68);
  }
}
