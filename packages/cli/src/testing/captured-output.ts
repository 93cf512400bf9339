/** What the test's own process writes while something runs in it, plain as without a terminal. */

/** A result, and what was written on the way to it. */
export interface Captured<Result> {
  readonly result: Result;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the work; what that does to the process's streams and colours is undone. One at a time. */
export async function captureOutput<Result>(work: () => Promise<Result> | Result): Promise<Captured<Result>> {
  const stdout = capture(process.stdout);
  const stderr = capture(process.stderr);
  const { FORCE_COLOR, NO_COLOR } = process.env;
  setEnvironment({ FORCE_COLOR: undefined, NO_COLOR: '1' });
  try {
    const result = await work();
    return { result, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.restore();
    stderr.restore();
    setEnvironment({ FORCE_COLOR, NO_COLOR });
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
