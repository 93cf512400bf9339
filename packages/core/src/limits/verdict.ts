/** Whether a backend can run a cluster. */
import type { Diagnostic, Support } from './limit';

/**
 * `unsupported`: some finding is an error: the backend would refuse to start, or leave out something that
 * the user wrote. `degraded`: some finding is a warning. `supported`: neither; what is merely worth knowing does not count.
 */
export function verdictOf(findings: readonly Pick<Diagnostic, 'severity'>[]): Support {
  if (findings.some(({ severity }) => severity === 'error')) return 'unsupported';
  return findings.some(({ severity }) => severity === 'warning') ? 'degraded' : 'supported';
}
