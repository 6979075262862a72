interface Word {
  readonly name: string;
  readonly description: string;
}

/** What can be said after a command: `''` is the program, `dead-letters list` a command in a group. */
export interface Place {
  readonly path: string;
  /** Commands, and the choices of arguments. */
  readonly words: readonly Word[];
  readonly options: readonly (Word & { readonly takesValue: boolean })[];
}

/** What people call it in a checkout (docs/operations.md). */
const SHORT = 'relay';

/** For bash 3.2 and newer; file names where nothing of ours fits, such as after `--rules`. */
export function bashScript(program: string, places: readonly Place[]): string {
  const cases = places.map(({ path, words, options }) => {
    const names = [...words, ...options].map(({ name }) => name);
    return `    '${path}') said='${names.join(' ')}' ;;`;
  });
  const name = functionName(program);
  return `# bash completion for ${program}
${name}() {
  local at='' said='' i next current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    ${valueOptions(places)}) return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${at:+$at }\${COMP_WORDS[i]}"
    case "$next" in
      ${commandPaths(places)}) at="$next" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$said" -- "$current"))
}
complete -o default -F ${name} ${program} ${SHORT}
`;
}

export function zshScript(program: string, places: readonly Place[]): string {
  const cases = places.map(({ path, words, options }) => {
    const described = [...words, ...options].map(
      ({ name, description }) => `      ${quoted(`${name}:${description}`)}`,
    );
    return `    '${path}') said=(\n${described.join('\n')}\n    ) ;;`;
  });
  const name = functionName(program);
  return `#compdef ${program} ${SHORT}
${name}() {
  local at='' next word
  local -a said
  case "\${words[CURRENT-1]}" in
    ${valueOptions(places)}) _files; return ;;
  esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${at:+$at }$word"
    case "$next" in
      ${commandPaths(places)}) at="$next" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  _describe '${program}' said || _files
}
if [ "$funcstack[1]" = "_${program}" ]; then ${name} "$@"; else compdef ${name} ${program} ${SHORT}; fi
`;
}

export function fishScript(program: string, places: readonly Place[]): string {
  const name = functionName(program);
  const lines = places.flatMap(({ path, words, options }) => {
    const start = `    complete -c $program -n '${name}_at "${path}"'`;
    return [
      ...words.map((one) => `${start} -f -a ${one.name} -d ${quoted(one.description)}`),
      ...options.map(
        (one) =>
          `${start} -l ${one.name.slice(2)}${one.takesValue ? ' -r' : ''} -d ${quoted(one.description)}`,
      ),
    ];
  });
  const paths = places.map(({ path }) => `'${path}'`).join(' ');
  return `# fish completion for ${program}
function ${name}_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$at $word")
        contains -- "$next" ${paths}; and set at $next
    end
    test "$at" = "$argv[1]"
end
for program in ${program} ${SHORT}
${lines.join('\n')}
end
`;
}

function functionName(program: string): string {
  return `_${program.replaceAll('-', '_')}`;
}

/** `'status'|'dead-letters'|'dead-letters list'`, as a case pattern. */
function commandPaths(places: readonly Place[]): string {
  const paths = places.map(({ path }) => path).filter((path) => path !== '');
  return paths.map((path) => `'${path}'`).join('|');
}

function valueOptions(places: readonly Place[]): string {
  const taking = places.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue));
  return [...new Set(taking.map(({ name }) => name))].join('|');
}

/** A quotation mark would end the word. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
