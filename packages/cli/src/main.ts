#!/usr/bin/env node
/** The `polyplane` command. */
import 'reflect-metadata';
import { CommanderError } from 'commander';
import { ExitCode } from './exit-code';
import { createProgram } from './program';
import { watchStandardStreams } from './standard-streams';

watchStandardStreams();

const args = process.argv.slice(2);
createProgram(args)
  .parseAsync(args, { from: 'user' })
  .catch((error: unknown) => {
    process.exitCode = exitCodeOf(error);
  });

/** Of help that was asked for there is nothing more to say. */
function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.ok;
  // What it takes to report an error is loaded when there is one; what `require` gives is not known to the type checker.
  const { reportError } = require('./report-error') as typeof import('./report-error');
  return reportError(error);
}
