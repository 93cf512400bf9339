/** polyplane(1): what all commands have in common, and the way to the page of each. */
import type { Command } from 'commander';
import { EXAMPLES } from '../../packages/cli/src/examples';
import { EXIT_CODE_MEANINGS } from '../../packages/cli/src/exit-code';
import { commandSynopsis, optionDefinitions } from './command-syntax';
import { CONFIGURATION_PAGE_NAME } from './configuration-page';
import { customarySections } from './customary-sections';
import { FILES, VARIABLES } from './environment';
import { paragraphs, prose } from './prose';
import type { Block, ManualPage } from './roff';

export function programPage(program: Command): ManualPage {
  return {
    name: program.name(),
    section: 1,
    summary: program.description().replace(/\.$/, ''),
    sections: [
      { title: 'SYNOPSIS', blocks: [commandSynopsis(program)] },
      { title: 'DESCRIPTION', blocks: paragraphs(DESCRIPTION) },
      { title: 'COMMANDS', blocks: commandDefinitions(program) },
      { title: 'OPTIONS', blocks: optionDefinitions(program) },
      ...customarySections({
        exit: EXIT_CODE_MEANINGS,
        environment: keysOf(VARIABLES),
        files: keysOf(FILES),
        examples: Object.values(EXAMPLES).map(([first]) => first),
        seeAlso: [...program.commands.map(pageOf), `${CONFIGURATION_PAGE_NAME}(5)`],
      }),
    ],
  };
}

const DESCRIPTION = [
  'Reads a cluster’s Kubernetes and Calico objects and says which backend (`iptables`, `ebpf`, `vpp`, or a third party’s) can run it, what becomes of a packet, and what would be programmed; as a node agent, it puts one node’s part in force.',
  'Data goes to standard output, logs and messages to standard error. Colour and progress bars appear on a terminal only.',
  '`--filename` takes files, folders (read recursively for `*.yaml`, `*.yml` and `*.json`) and `-` (standard input), many times. `--backend-module` loads backends of third parties: packages, or files, that export a `ContainerModule` of inversify which binds `DataplaneBackend`.',
  'Every error and every finding carries a stable code, which polyplane-codes(1) explains.',
  'polyplane-run(1), and polyplane-test(1) with real packets, need Linux and root; all else runs wherever Node.js does.',
];

/** Each command has a page, but for `help`, which commander brings. */
function commandDefinitions(program: Command): readonly Block[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    kind: 'definition',
    term: program.commands.includes(command)
      ? prose(pageOf(command))
      : [{ literal: `${program.name()} ${help.subcommandTerm(command)}` }],
    text: prose(help.subcommandDescription(command)),
  }));
}

function pageOf(command: Command): string {
  return `polyplane-${command.name()}(1)`;
}

function keysOf<Key extends string>(meanings: Readonly<Record<Key, string>>): readonly Key[] {
  // Tables in this folder have no other keys than their type says.
  return Object.keys(meanings) as Key[];
}
