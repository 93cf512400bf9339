/** Every manual page of the command, by its path in the repository. */
import { createProgram } from '../../packages/cli/src/program';
import { commandPage } from './command-page';
import { configurationPage } from './configuration-page';
import { programPage } from './program-page';
import { formatManualPage } from './roff';

/** The folder that the package ships. */
export const MANUAL_FOLDER = 'packages/cli/man';

/** The day on which what the pages say changed last. They tell no version: `polyplane --version` does. */
export const MANUAL_REVISED = '2026-11-28';

export function renderManualPages(): Readonly<Record<string, string>> {
  const program = createProgram();
  const pages = [programPage(program), ...program.commands.map(commandPage), configurationPage()];
  return Object.fromEntries(
    pages.map((page) => [`${MANUAL_FOLDER}/${page.name}.${page.section}`, formatManualPage(page, MANUAL_REVISED)]),
  );
}
