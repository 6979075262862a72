/** What people call it in a checkout (docs/command-line.md). */
const SHORT = 'relay';

/**
 * Scripts that ask the program itself what may follow, through its hidden `__complete`: a line for each answer, the word
 * and after a tab what it means. Where there is no answer, as after `--rules`, the shell offers files.
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
complete -o default -F ${name} ${program} ${SHORT}
`;
}

function zshScript(program: string): string {
  const name = functionName(program);
  return `#compdef ${program} ${SHORT}
${name}() {
  local -a said
  said=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  said=("\${(@)\${(@)said:#}/$'\\t'/:}")
  if (( \${#said} )); then _describe '${program}' said; else compset -P '--*='; _files; fi
}
if [ "$funcstack[1]" = "_${program}" ]; then ${name} "$@"; else compdef ${name} ${program} ${SHORT}; fi
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
for program in ${program} ${SHORT}
    complete -c $program -f -a '(${name})'
end
`;
}

function functionName(program: string): string {
  return `_${program.replaceAll('-', '_')}`;
}
