/** How much a limit met matters: whether the user loses something, gets something less well, or should merely know. */
import type { Diagnostic, Limit } from './limit';

/** `error`: what the user wrote is not done. `warning`: it is done less well. `info`: nothing that runs is the worse for it. */
export function severityOf({ support, effect }: Pick<Limit, 'support' | 'effect'>): Diagnostic['severity'] {
  // What is disruptive is a later switch of backends, not what runs.
  if (effect === 'none' || effect === 'disruptive') return 'info';
  return support === 'unsupported' ? 'error' : 'warning';
}
