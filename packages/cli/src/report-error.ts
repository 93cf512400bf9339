/** Errors as users see them on stderr, and the exit code that each one means. */
import { styleText } from 'node:util';
import { CommanderError } from 'commander';
import { CodedError, type CoreErrorCode, DataplaneError, type ResourceProblem } from '@polyplane/core';
import { LINUX_CODES } from '@polyplane/linux';
import type { CliErrorCode } from './cli-error';
import { remedyOf } from './code-tables';
import { ExitCode } from './exit-code';
import { printable } from './printable';

/** Codes that say: not the input is at fault, but this host. */
const HOST_CODES: ReadonlySet<string> = new Set([
  'PP_CLI_HOST_UNABLE' satisfies CliErrorCode,
  'PP_CLI_WORKER_ENDED' satisfies CliErrorCode,
  'PP_CLI_TRACES_LEFT' satisfies CliErrorCode,
  'PP_CLI_AGENT_UNREACHABLE' satisfies CliErrorCode,
  'PP_BACKEND_UNUSABLE' satisfies CoreErrorCode,
  'PP_AGENT_ALREADY_RUNNING' satisfies CoreErrorCode,
  'PP_CLUSTER_UNREACHABLE' satisfies CoreErrorCode,
  'PP_CLUSTER_FORBIDDEN' satisfies CoreErrorCode,
  'PP_TESTBED_UNSUPPORTED',
  'PP_TESTBED_FAILED',
  ...Object.keys(LINUX_CODES),
]);

/** Codes that say: what was asked for is not done here. */
const NO_CODES: ReadonlySet<string> = new Set(['PP_LIMIT_REFUSED' satisfies CoreErrorCode]);

/** Codes that say: the answer is there, and cannot be handed over. */
const OUTPUT_CODES: ReadonlySet<string> = new Set(['PP_CLI_OUTPUT_UNWRITABLE' satisfies CliErrorCode]);

/**
 * Codes of problems that change no answer: objects that say nothing about node networking or that nobody puts in force, objects
 * of which a later one counts, and fields that the user lets pass.
 */
const WARNING_CODES: ReadonlySet<string> = new Set([
  'PP_OBJECT_UNKNOWN_KIND' satisfies CoreErrorCode,
  'PP_OBJECT_DUPLICATE' satisfies CoreErrorCode,
  'PP_TIER_MISSING' satisfies CoreErrorCode,
  'PP_FIELD_PASSED_OVER' satisfies CoreErrorCode,
]);

/** Whether a problem is worth knowing and changes no answer. */
export function isWarning({ error }: ResourceProblem): boolean {
  return WARNING_CODES.has(error.code);
}

/** Says on stderr what went wrong and what to do; the exit code to end with. */
export function reportError(error: unknown): ExitCode {
  // Commander has written its own message, or the help or version that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.badInput;
  if (error instanceof CodedError) {
    if (OUTPUT_CODES.has(error.code)) {
      // One line: where output is lost, a log that is searched by line may be all there is.
      printLine(`${label('red', 'error')}: ${printable(error.message)} (${error.code})`);
      return ExitCode.defect;
    }
    printError(error.message, error.code);
    if (NO_CODES.has(error.code)) return ExitCode.no;
    return error instanceof DataplaneError || HOST_CODES.has(error.code) ? ExitCode.hostUnable : ExitCode.badInput;
  }
  printLine(`${label('red', 'defect')} in polyplane itself, please report it with the lines below:`);
  printLine(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return ExitCode.defect;
}

/** `FILE:LINE: Kind namespace/name: field: what is wrong`, and what to do. */
export function reportProblem({ error, file, line }: ResourceProblem, severity: 'error' | 'warning'): void {
  // The message names object and field, and for a file as a whole the place too.
  const place = file === undefined || error.message.startsWith(file) ? '' : `${file}:${line ?? 1}: `;
  if (severity === 'error') printError(`${place}${error.message}`, error.code);
  else printWarning(`${place}${error.message}`);
}

/** Something that the user should know and that changes no answer. */
export function printWarning(text: string): void {
  printLine(`${label('yellow', 'warning')}: ${printable(text)}`);
}

/** What goes on, where it takes its time. */
export function printNote(text: string): void {
  printLine(text);
}

function printError(text: string, code: string): void {
  printLine(`${label('red', 'error')}: ${printable(text)}`);
  const remedy = remedyOf(code);
  printLine(remedy === undefined ? `  (${code}: \`polyplane codes ${code}\` explains it)` : `  ${remedy} (${code})`);
}

function label(style: 'red' | 'yellow', text: string): string {
  return styleText(style, text, { stream: process.stderr });
}

function printLine(text: string): void {
  process.stderr.write(`${text}\n`);
}
