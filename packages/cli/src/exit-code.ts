/** The command's exit codes: scripts rely on them. */
export const ExitCode = {
  /** All is well. */
  ok: 0,
  /** The answer is no: a probe failed, an unsupported feature was found. */
  no: 1,
  /** Bad input or usage. */
  badInput: 2,
  /** This host cannot. */
  hostUnable: 3,
  /** A defect of the command itself (EX_SOFTWARE of sysexits.h): the only case that prints a stack. */
  defect: 70,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
