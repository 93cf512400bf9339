/** The command's exit codes: scripts rely on them. */
export const ExitCode = {
  ok: 0,
  no: 1,
  badInput: 2,
  hostUnable: 3,
  /** EX_SOFTWARE of sysexits.h: with a stack, but where its output cannot be written. */
  defect: 70,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What each exit code means: the help and the manual pages say it. */
export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [ExitCode.ok]: 'all is well',
  [ExitCode.no]:
    'the answer is no: a probe failed, a backend lacks support, a verdict is not as expected, something differs, an agent is not ready',
  [ExitCode.badInput]: 'bad input or usage; the message names file, line, object and field',
  [ExitCode.hostUnable]: 'this host cannot: not root, no kernel feature, no command, nobody answers',
  [ExitCode.defect]: 'the command itself failed: output that cannot be written, or a defect, with a stack',
};

/** A closing part of the help: every exit code. */
export function formatExitCodes(): string {
  const lines = Object.entries(EXIT_CODE_MEANINGS).map(([code, meaning]) => `  ${code.padEnd(3)} ${meaning}`);
  return `\nExit codes:\n${lines.join('\n')}`;
}
