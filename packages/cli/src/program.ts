/** The `polyplane` command line: its subcommands and what they share. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { checkCommand } from './commands/check';
import { codesCommand } from './commands/codes';
import { completionCommand } from './commands/completion';
import { renderCommand } from './commands/render';
import { runCommand } from './commands/run';
import { statusCommand } from './commands/status';
import { testCommand } from './commands/test';
import { traceCommand } from './commands/trace';
import { formatExamples } from './examples';
import { formatExitCodes } from './exit-code';

/** The whole command line. Actions set the process's exit code; what goes wrong is thrown. */
export function createProgram(): Command {
  const program = new Command('polyplane')
    .description('Kubernetes services and network policies on a node: try them, see them, run them.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows what the command takes)')
    .addHelpText('after', `${formatExitCodes()}\n\n${MANUAL}`)
    .exitOverride();
  for (const command of [
    runCommand(),
    checkCommand(),
    traceCommand(),
    renderCommand(),
    testCommand(),
    statusCommand(),
    codesCommand(),
    completionCommand(),
  ]) {
    program.addCommand(command.copyInheritedSettings(program).addHelpText('after', formatExamples(command.name())));
  }
  return program;
}

const MANUAL = 'Manual pages: man polyplane, man polyplane-COMMAND';

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8'));
  return (manifest as { readonly version: string }).version;
}
