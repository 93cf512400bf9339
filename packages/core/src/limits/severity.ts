/** How much a limit met matters: whether the user loses something, gets something less well, or should merely know. */
import type { Diagnostic, Limit, LimitEffect } from './limit';

const BY_EFFECT: Readonly<Record<LimitEffect, Diagnostic['severity']>> = {
  objectIgnored: 'error',
  ruleIgnored: 'error',
  refuseToStart: 'error',
  degraded: 'warning',
  warn: 'warning',
  // Of a later switch, not of what runs.
  disruptive: 'info',
  none: 'info',
};

/** `error` and `warning` change what the user gets. */
export function severityOf({ effect }: Limit): Diagnostic['severity'] {
  return BY_EFFECT[effect];
}
