/** Runs the command within the test's own process: as fast as the command itself. One run at a time. */
import 'reflect-metadata';
import { createProgram } from '../program';
import { reportError } from '../report-error';
import { captureOutput } from './captured-output';
import type { Run } from './polyplane-process';

/** Runs the command to its end, plain as without a terminal. What it does to the process is undone. */
export async function polyplaneInProcess(args: readonly string[]): Promise<Run> {
  const exitCodeBefore = process.exitCode;
  process.exitCode = undefined;
  try {
    const { stdout, stderr } = await captureOutput(() =>
      createProgram()
        .parseAsync([...args], { from: 'user' })
        .catch((error: unknown) => {
          process.exitCode = reportError(error);
        }),
    );
    return { exitCode: Number(process.exitCode ?? 0), stdout, stderr };
  } finally {
    process.exitCode = exitCodeBefore;
  }
}
