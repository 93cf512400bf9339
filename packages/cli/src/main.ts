#!/usr/bin/env node
/** The `polyplane` command. */
import 'reflect-metadata';
import { createProgram } from './program';
import { reportError } from './report-error';

// A reader that has enough (`polyplane codes | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = reportError(error);
  });
