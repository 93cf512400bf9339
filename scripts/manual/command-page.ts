/** The manual page of one command: its definition in commander, its examples, and prose of its own. */
import type { Command } from 'commander';
import { EXAMPLES } from '../../packages/cli/src/examples';
import { EXIT_CODE_MEANINGS, ExitCode } from '../../packages/cli/src/exit-code';
import { COMMAND_PROSE } from './command-prose';
import { argumentDefinitions, commandSynopsis, optionDefinitions } from './command-syntax';
import { customarySections } from './customary-sections';
import { fieldDefinitions } from './field-definitions';
import { paragraphs } from './prose';
import type { ManualPage } from './roff';

/** @throws RangeError for a command without prose or examples */
export function commandPage(command: Command): ManualPage {
  const name = command.name();
  if (!isDescribed(name)) throw new RangeError(`scripts/manual/command-prose.ts says nothing of ${name}`);
  const own = COMMAND_PROSE[name];
  return {
    name: `polyplane-${name}`,
    section: 1,
    summary: command.description(),
    sections: [
      { title: 'SYNOPSIS', blocks: [commandSynopsis(command)] },
      { title: 'DESCRIPTION', blocks: paragraphs(own.description) },
      { title: 'ARGUMENTS', blocks: argumentDefinitions(command) },
      { title: 'OPTIONS', blocks: optionDefinitions(command) },
      { title: 'OUTPUT', blocks: [...paragraphs(own.output), ...fieldDefinitions(own.fields ?? {})] },
      ...customarySections({
        ...own,
        exit: { ...EVERYWHERE, ...own.exit },
        examples: EXAMPLES[name],
        seeAlso: ['polyplane(1)', ...own.seeAlso],
      }),
    ],
  };
}

/** What these exit codes mean is the same of every command. */
const EVERYWHERE = {
  [ExitCode.ok]: EXIT_CODE_MEANINGS[ExitCode.ok],
  [ExitCode.badInput]: EXIT_CODE_MEANINGS[ExitCode.badInput],
  [ExitCode.defect]: EXIT_CODE_MEANINGS[ExitCode.defect],
};

function isDescribed(name: string): name is keyof typeof COMMAND_PROSE {
  return Object.hasOwn(COMMAND_PROSE, name);
}
