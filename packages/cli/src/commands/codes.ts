/** `polyplane codes [CODE]`: error and diagnostic codes, explained. */
import { Command } from 'commander';
import type { CodeEntry } from '@polyplane/core';
import { CliError } from '../cli-error';
import { allCodes } from '../code-tables';
import { loadBackends } from '../load-backends';
import { formatNearNames } from '../near-names';
import { backendModuleOption } from '../options';
import { color, formatTable, type OutputFormat, outputOption, printData } from '../output';

interface CodesOptions {
  readonly output: OutputFormat;
  readonly backendModule: readonly string[];
}

export function codesCommand(): Command {
  return new Command('codes')
    .argument('[code]', 'one code, such as PP_OBJECT_INVALID; without it, all of them')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .addOption(backendModuleOption())
    .action((code: string | undefined, options: CodesOptions) => {
      const codes = allCodes(loadBackends(options.backendModule));
      if (code === undefined) printData(options.output, codes, () => formatCodes(codes));
      else explain(code.toUpperCase(), codes, options.output);
    });
}

function explain(code: string, codes: readonly CodeEntry[], output: OutputFormat): void {
  const entry = codes.find((candidate) => candidate.code === code);
  if (entry === undefined) {
    const near = formatNearNames(
      code,
      codes.map((candidate) => candidate.code),
    );
    throw new CliError('PP_CLI_CODE_UNKNOWN', `no code is named ${code}; ${near}`);
  }
  printData(output, entry, () => formatEntry(entry));
}

function formatCodes(codes: readonly CodeEntry[]): string {
  return formatTable(
    ['CODE', 'KIND', 'MEANING'],
    codes.map((entry) => [entry.code, entry.kind, entry.meaning]),
  );
}

function formatEntry(entry: CodeEntry): string {
  return [
    `${color('bold', entry.code)} (${entry.kind})`,
    `  ${entry.meaning}`,
    `  ${color('bold', 'What to do:')} ${entry.remedy}`,
  ].join('\n');
}
