import { Argument, type Command } from 'commander';
import { bashScript, fishScript, zshScript, type Place } from './completion-scripts';
import type { Terminal } from './terminal';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `completion <shell>`: a script that completes this very command line, written from the commands themselves. */
export function addCompletion(program: Command, { stdout }: Terminal): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  registry-relay completion bash > ~/.local/share/bash-completion/completions/registry-relay
  registry-relay completion zsh > "\${fpath[1]}/_registry-relay"
  registry-relay completion fish > ~/.config/fish/completions/registry-relay.fish

In this shell alone, and from a checkout, where relay() { npm run --silent relay -- "$@"; }
  eval "$(relay completion bash)"`,
    )
    .action((shell: keyof typeof SCRIPTS) => {
      stdout.write(SCRIPTS[shell](program.name(), placesOf(program)));
    });
}

function placesOf(command: Command, path: readonly string[] = []): Place[] {
  const { commands, registeredArguments } = command;
  const global = command.parent === null ? [] : rootOf(command).options;
  const options = [...command.options, ...global].map(
    ({ long, description, required, optional }) => ({
      name: long ?? '',
      description,
      takesValue: required || optional,
    }),
  );
  const help = { name: '--help', description: 'display help for command', takesValue: false };
  return [
    {
      path: path.join(' '),
      words: [
        ...commands.map((one) => ({ name: one.name(), description: one.description() })),
        ...registeredArguments.flatMap(({ argChoices = [], description }) =>
          argChoices.map((name) => ({ name, description })),
        ),
      ],
      options: [...options, help],
    },
    ...commands.flatMap((one) => placesOf(one, [...path, one.name()])),
  ];
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
