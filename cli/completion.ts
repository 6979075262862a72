import { Argument, type Command, type Option } from 'commander';
import { oneLine } from '../shared/text/untrusted';
import { SCRIPTS } from './completion-scripts';
import { candidatesFor, type Given } from './completion-values';
import type { Terminal } from './terminal';

const HELP = { name: '--help', description: 'display help for command' };

interface Word {
  readonly name: string;
  readonly description: string;
}

/** `completion <shell>`: a script that completes this very command line, and `__complete`, which the script asks. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print a completion script for your shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  relay completion bash > ~/.local/share/bash-completion/completions/relay
  relay completion zsh > "\${fpath[1]}/_relay"
  relay completion fish > ~/.config/fish/completions/relay.fish

In this shell only (in a checkout, first define: relay() { npx relay "$@"; })
  eval "$(relay completion bash)"`,
    )
    .action((shell: keyof typeof SCRIPTS) => {
      terminal.stdout.write(SCRIPTS[shell](program.name()));
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]', 'the words of the line, the one that is being typed last')
    .action((words: string[]) => {
      for (const { name, description } of complete(program, words, terminal.env)) {
        terminal.stdout.write(`${oneLine(name)}\t${oneLine(description)}\n`);
      }
    });
}

/** What may stand in place of the last word. */
function complete(program: Command, typed: readonly string[], env: Terminal['env']): Word[] {
  // Bash takes --target=acme apart at the sign.
  const words = typed.filter((word, at) => word !== '=' || at === typed.length - 1);
  const [current = '', before] = [words.at(-1)?.replace(/^=$/, ''), words.slice(0, -1)];
  const { command, awaiting, given } = follow(program, before);
  const [, flag, text] = FLAG_AND_VALUE.exec(current) ?? [];
  const within = flag === undefined ? undefined : findOption(command, flag);
  if (within !== undefined) {
    const start = `${flag ?? ''}=`;
    return valuesOf(within, text ?? '', given, env).map((one) => ({
      ...one,
      name: start + one.name,
    }));
  }
  const said = awaiting ? valuesOf(awaiting, current, given, env) : wordsAfter(command, current);
  return said.filter(({ name }) => name.startsWith(current));
}

const FLAG_AND_VALUE = /^(--[a-z-]+)=(.*)$/s;

interface Place {
  readonly command: Command;
  readonly given: Given;
  /** The option whose value comes next. */
  readonly awaiting?: Option;
}

/** Where the words lead. */
function follow(program: Command, words: readonly string[]): Place {
  const given = new Map<string, string>();
  let command = program;
  let awaiting: Option | undefined;
  for (const word of words) {
    const [, flag = word, value = ''] = FLAG_AND_VALUE.exec(word) ?? [];
    if (awaiting !== undefined) {
      given.set(awaiting.long ?? '', word);
      awaiting = undefined;
    } else if (word.startsWith('-')) {
      const option = findOption(command, flag);
      given.set(option?.long ?? flag, value);
      awaiting = option?.required === true && word === flag ? option : undefined;
    } else command = command.commands.find((one) => one.name() === word) ?? command;
  }
  return { command, awaiting, given };
}

function wordsAfter(command: Command, current: string): Word[] {
  if (current.startsWith('-')) {
    return [
      ...optionsOf(command).map(({ long, description }) => ({ name: long ?? '', description })),
      HELP,
    ];
  }
  const visible = command.createHelp().visibleCommands(command);
  const commands = visible.filter((one) => one.name() !== 'help');
  return [
    ...commands.map((one) => ({ name: one.name(), description: one.description() })),
    ...command.registeredArguments.flatMap(({ argChoices = [], description }) =>
      argChoices.map((name) => ({ name, description })),
    ),
  ];
}

/** An option that takes several values is completed after the last comma. */
function valuesOf(option: Option, current: string, given: Given, env: Terminal['env']): Word[] {
  const choices = option.argChoices?.map((name) => ({ name, description: '' }));
  const known = choices ?? candidatesFor(option.long ?? '', given, env);
  const said = current.split(',').slice(0, -1);
  const start = said.map((name) => `${name},`).join('');
  return known
    .filter(({ name }) => !said.includes(name))
    .map(({ name, description }) => ({ name: start + name, description }))
    .filter(({ name }) => name.startsWith(current));
}

function findOption(command: Command, flag: string): Option | undefined {
  return optionsOf(command).find(({ long, short }) => long === flag || short === flag);
}

/** Its own, and those of the program. */
function optionsOf(command: Command): readonly Option[] {
  return command.parent === null
    ? command.options
    : [...command.options, ...optionsOf(rootOf(command))];
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
