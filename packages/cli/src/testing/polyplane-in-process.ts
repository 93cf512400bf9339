/** Runs the command within the test's own process: as fast as the command itself. One run at a time. */
import 'reflect-metadata';
import { createProgram } from '../program';
import { reportError } from '../report-error';
import type { Run } from './polyplane-process';

/** Runs the command to its end, plain as without a terminal. What it does to the process is undone. */
export async function polyplaneInProcess(args: readonly string[]): Promise<Run> {
  const stdout = capture(process.stdout);
  const stderr = capture(process.stderr);
  const exitCodeBefore = process.exitCode;
  const { FORCE_COLOR, NO_COLOR } = process.env;
  setEnvironment({ FORCE_COLOR: undefined, NO_COLOR: '1' });
  process.exitCode = undefined;
  try {
    await createProgram()
      .parseAsync([...args], { from: 'user' })
      .catch((error: unknown) => {
        process.exitCode = reportError(error);
      });
    return { exitCode: Number(process.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.restore();
    stderr.restore();
    setEnvironment({ FORCE_COLOR, NO_COLOR });
    process.exitCode = exitCodeBefore;
  }
}

function setEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

function capture(stream: NodeJS.WriteStream): { text(): string; restore(): void } {
  const { write, isTTY } = stream;
  const parts: string[] = [];
  // The command writes texts, and waits for none of them.
  stream.write = ((text: string) => parts.push(text) > 0) as typeof stream.write;
  stream.isTTY = false;
  return {
    text: () => parts.join(''),
    restore: () => {
      stream.write = write;
      stream.isTTY = isTTY;
    },
  };
}
