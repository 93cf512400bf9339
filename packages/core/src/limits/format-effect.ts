/** What happens when a limit is met, in words for people. */
import type { LimitEffect } from './limit';

const WORDS: Readonly<Record<LimitEffect, string>> = {
  objectIgnored: 'the object is ignored',
  ruleIgnored: 'the rule is ignored',
  degraded: 'done, but less well',
  refuseToStart: 'the backend refuses to start',
  warn: 'at your own risk',
  disruptive: 'connections break at a switch',
  none: 'nothing is lost',
};

/** The effect in words for people. */
export function formatEffect(effect: LimitEffect): string {
  return WORDS[effect];
}
