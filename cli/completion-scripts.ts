/**
 * Completion scripts. Each asks the program's hidden `__complete`, which prints one line per candidate: the word, a tab and
 * its description. Without a candidate, as after `--rules`, the shell offers files.
 */
export const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** For bash 3.2 and newer. */
function bashScript(program: string): string {
  const name = functionName(program);
  return `# bash completion for ${program}
${name}() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F ${name} ${program}
`;
}

function zshScript(program: string): string {
  const name = functionName(program);
  return `#compdef ${program}
${name}() {
  local -a said
  said=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  said=("\${(@)\${(@)said:#}/$'\\t'/:}")
  if (( \${#said} )); then _describe '${program}' said; else compset -P '--*='; _files; fi
}
if [ "$funcstack[1]" = "_${program}" ]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

function fishScript(program: string): string {
  const name = functionName(program);
  return `# fish completion for ${program}
function ${name}
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l said ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
    set -l flag (string match --regex -- '^--[a-z-]+=' "$current")
    if test (count $said) -gt 0
        printf '%s\\n' $said
    else
        for path in (__fish_complete_path (string replace -- "$flag" '' "$current"))
            echo "$flag$path"
        end
    end
end
complete -c ${program} -f -a '(${name})'
`;
}

function functionName(program: string): string {
  return `_${program.replaceAll('-', '_')}`;
}
