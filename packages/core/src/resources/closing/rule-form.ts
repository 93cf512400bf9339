/** How the rules of a policy API read, as far as closing them goes. */
import type { FieldPath } from '../field-path';
import type { Resource } from '../resource';
import type { FaultPlace } from './fault-paths';

export type Direction = 'ingress' | 'egress';

/** Rules in the terms of their own API, so that they are read as any other. */
export interface RuleForm {
  /** Packets that no rule speaks of go on: where a rule is lost altogether, something may stand open. */
  readonly isOpenByDefault: boolean;
  /**
   * What takes the place of a rule that cannot be read; the rules behind it keep their places.
   * @param faults where, from the rule on; the empty path is the whole rule
   */
  close(rule: unknown, faults: readonly FieldPath[], direction: Direction): unknown;
  /** What takes the place of all rules of a direction, where not even their number is known. */
  closeAll(direction: Direction): unknown;
  /** As {@link Closer.finish}. */
  finish?(resource: Resource, faults: readonly FaultPlace[]): Resource;
}

/** What traces show of a rule that was left out is its selector: the label says why it selects nothing. */
export const UNREAD_LABEL = 'rule-cannot-be-read';

/** A Kubernetes label selector that selects nothing. */
export const NO_LABELS = {
  matchExpressions: [
    { key: UNREAD_LABEL, operator: 'Exists' },
    { key: UNREAD_LABEL, operator: 'DoesNotExist' },
  ],
};

/** Whether a field of a rule, or something below it, is at fault. */
export function isAtFault(faults: readonly FieldPath[], field: string): boolean {
  return faults.some(([first]) => first === field);
}

/** Whether the whole rule is at fault, or cannot be looked into. */
export function isWholeAtFault(faults: readonly FieldPath[]): boolean {
  return faults.some(({ length }) => length === 0);
}
