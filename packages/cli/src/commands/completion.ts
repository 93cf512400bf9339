/** `polyplane completion SHELL`: what the shell needs to complete the command line, made from the command's own definition. */
import { readdirSync } from 'node:fs';
import { Argument, Command } from 'commander';
import { BUNDLED_SUITES_FOLDER } from '@polyplane/conformance';
import type { BackendRegistry } from '@polyplane/core';
import { allCodes } from '../code-tables';
import { loadBackends } from '../load-backends';
import { printLine } from '../output';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function completionCommand(): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell that is to complete').choices(SHELLS))
    .action((shell: Shell, _options: unknown, command: Command) => {
      const words = wordsOf(command.parent ?? command, loadBackends([]));
      printLine(shell === 'fish' ? formatFish(words) : formatBash(words, shell));
    });
}

/** What may follow, by command; `''` is the command line without one. Every word is free of shell syntax. */
type Words = ReadonlyMap<string, readonly string[]>;

function wordsOf(program: Command, backends: BackendRegistry): Words {
  const suites = readdirSync(BUNDLED_SUITES_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const operands: Readonly<Record<string, readonly string[]>> = {
    test: suites,
    codes: allCodes(backends).map(({ code }) => code),
    completion: SHELLS,
  };
  const words = new Map([['', [...program.commands.map((command) => command.name()), ...flagsOf(program)]]]);
  for (const command of program.commands) {
    const values = command.options.flatMap((option) => option.argChoices ?? []);
    const names = command.options.some(({ long }) => long === '--backend') ? backends.names : [];
    const all = [...flagsOf(command), ...values, ...names, ...(operands[command.name()] ?? [])];
    words.set(command.name(), [...new Set(all)]);
  }
  return new Map([...words].map(([command, list]) => [command, list.filter((word) => /^[\w./-]+$/.test(word))]));
}

function flagsOf(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));
}

/** For zsh by its own emulation of bash's completion. */
function formatBash(words: Words, shell: 'bash' | 'zsh'): string {
  const cases = [...words].map(
    ([command, list]) => `    ${command === '' ? '*' : command}) words="${list.join(' ')}" ;;`,
  );
  return [
    ...(shell === 'zsh' ? ['autoload -Uz compinit bashcompinit', 'compinit', 'bashcompinit'] : []),
    '_polyplane() {',
    '  local words',
    '  case "$' + '{COMP_WORDS[1]}" in',
    ...[...cases.slice(1), ...cases.slice(0, 1)],
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$' + '{COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _polyplane polyplane',
  ].join('\n');
}

function formatFish(words: Words): string {
  return [...words]
    .map(([command, list]) => {
      const condition = command === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${command}`;
      return `complete -c polyplane -n '${condition}' -a '${list.join(' ')}'`;
    })
    .join('\n');
}
