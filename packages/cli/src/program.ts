/** The `polyplane` command line: its subcommands and what they share. */
import { Command } from 'commander';
import { COMMANDS, type CommandEntry } from './command-table';
import { formatExamples } from './examples';
import { formatExitCodes } from './exit-code';
import { printable } from './printable';
import { readVersion } from './version';

/**
 * The command line. Actions set the process's exit code; what goes wrong is thrown. With the arguments of the process, only the
 * commands that they name are loaded, and others are known by name alone; without, all are.
 */
export function createProgram(args?: readonly string[]): Command {
  const program = new Command('polyplane')
    .description('Kubernetes services and network policies on a node: try them, see them, run them.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .configureOutput({ outputError: (text, write) => write(printable(text)) })
    .showHelpAfterError('(--help shows what the command takes)')
    .addHelpText('after', `${formatExitCodes()}\n\n${MANUAL}`)
    .exitOverride();
  for (const entry of COMMANDS) {
    const command = isAskedFor(entry, args) ? entry.load() : new Command(entry.name);
    program.addCommand(
      command
        .description(entry.description)
        .copyInheritedSettings(program)
        .addHelpText('after', formatExamples(entry.name)),
    );
  }
  return program;
}

const MANUAL = 'Manual pages: man polyplane, man polyplane-COMMAND';

/** Completion speaks of every command's options. */
function isAskedFor({ name }: CommandEntry, args: readonly string[] | undefined): boolean {
  return args === undefined || args[0] === 'completion' || args.includes(name);
}
