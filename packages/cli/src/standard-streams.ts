/** What becomes of the process when its standard streams take no more: no answer is cut off in silence, and no stack is shown. */
import { fstatSync, writeFileSync } from 'node:fs';
import type { ExitCode } from './exit-code';

/**
 * Called once, at the start. A reader of stdout that has enough (`polyplane codes | head`) is no error: the process ends quietly with the
 * exit code that its answer has. Any other failure to write to stdout ends it with PP_CLI_OUTPUT_UNWRITABLE. Where messages cannot be
 * written there is nobody to tell; the work goes on.
 */
export function watchStandardStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    process.exit(reportUnwritable(error));
  });
  process.stderr.on('error', () => undefined);
  if (isFile(process.stdout)) writeWhole(process.stdout);
}

/** What it takes to report an error is loaded when there is one. */
function reportUnwritable(error: NodeJS.ErrnoException): ExitCode {
  // What `require` gives is not known to the type checker.
  const { CliError } = require('./cli-error') as typeof import('./cli-error');
  const { reportError } = require('./report-error') as typeof import('./report-error');
  return reportError(new CliError('PP_CLI_OUTPUT_UNWRITABLE', `stdout: ${error.message}`, { cause: error }));
}

function isFile({ fd }: NodeJS.WriteStream & { readonly fd: number }): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    // A descriptor that was closed is no file.
    return false;
  }
}

/** Node.js hands a text to a file by one call, and does not look whether all of it was taken: a disk that is nearly full takes a part. */
function writeWhole(stream: NodeJS.WriteStream & { readonly fd: number }): void {
  stream._write = (chunk: Buffer, _encoding, done): void => {
    try {
      writeFileSync(stream.fd, chunk);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done();
  };
}
