/** A command's synopsis, arguments and options, as its definition in commander has them. */
import type { Argument, Command, Option } from 'commander';
import { prose } from './prose';
import type { Block, Text } from './roff';

/** Every option but that for help, then every argument. */
export function commandSynopsis(command: Command): Block {
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  const subcommand: readonly Text[] = command.commands.length > 0 ? [SUBCOMMAND] : [];
  return {
    kind: 'synopsis',
    command: [...ancestorsOf(command), command].map((one) => one.name()).join(' '),
    operands: [...options.map(synopsisOption), ...subcommand, ...command.registeredArguments.map(synopsisArgument)],
  };
}

export function argumentDefinitions(command: Command): readonly Block[] {
  const help = command.createHelp();
  return help.visibleArguments(command).map((argument) => ({
    kind: 'definition',
    term: valueName(argument.name(), argument.variadic),
    text: prose(help.argumentDescription(argument)),
  }));
}

export function optionDefinitions(command: Command): readonly Block[] {
  const help = command.createHelp();
  return help.visibleOptions(command).map((option) => ({
    kind: 'definition',
    term: optionTerm(option),
    text: prose(help.optionDescription(option)),
  }));
}

const SUBCOMMAND: Text = [{ placeholder: 'command' }, ' [', { placeholder: 'argument' }, '...]'];

function ancestorsOf(command: Command): readonly Command[] {
  return command.parent === null ? [] : [...ancestorsOf(command.parent), command.parent];
}

function synopsisOption(option: Option): Text {
  const flag = { literal: option.short ?? option.long ?? option.flags };
  const value = option.flags.match(VALUE)?.[0];
  const term: Text = value === undefined ? [flag] : [flag, UNBROKEN_SPACE, ...valueTerm(value)];
  return option.mandatory ? term : ['[', ...term, ']'];
}

function synopsisArgument(argument: Argument): Text {
  const name = valueName(argument.name(), argument.variadic);
  return argument.required ? name : ['[', ...name, ']'];
}

/** `-f, --filename <path...>`, without the angle brackets. */
function optionTerm({ flags }: Option): Text {
  return flags.split(FLAG_OR_VALUE).flatMap((part, index): Text => {
    if (index % 2 === 0) return part === '' ? [] : [part];
    return part.startsWith('-') ? [{ literal: part }] : valueTerm(part);
  });
}

/** `<path...>` or `[path]`, in commander's notation. */
function valueTerm(value: string): Text {
  const name = value.slice(1, -1);
  const isVariadic = /\w\.\.\.$/.test(name);
  const term = valueName(isVariadic ? name.slice(0, -'...'.length) : name, isVariadic);
  return value.startsWith('[') ? ['[', ...term, ']'] : term;
}

function valueName(name: string, isVariadic: boolean): Text {
  return isVariadic ? [{ placeholder: name }, '...'] : [{ placeholder: name }];
}

const VALUE = /<[^>]+>|\[[^\]]+\]/;
const FLAG_OR_VALUE = /(--?[\w-]+|<[^>]+>|\[[^\]]+\])/;

/** What belongs together stays on one line. */
const UNBROKEN_SPACE = '\u00a0';
