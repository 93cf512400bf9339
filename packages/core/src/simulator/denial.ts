/** What kept a denied packet from being allowed, as traces tell it. */
import type { ObjectRef, Origin } from '../state';

/** What decides about the packet before a rule is asked: another rule, or what denies every packet that comes to it. */
export interface Obstacle {
  readonly kind: 'rule' | 'tierEnd' | 'missingPolicy';
  readonly action: 'deny' | 'pass';
  /** The user's object: of a tier's end the last policy of the tier. Absent for a policy that is not there. */
  readonly object?: ObjectRef;
  /** Field path of a rule in that object, or the name of what denies without a rule: `end of tier default`. */
  readonly rule: string;
}

/**
 * A rule of the denied packet's endpoint and direction. Were everything in `unmet` and `behind` gone, and nothing else, the
 * stage would not deny the packet. The two lists are not both empty.
 */
export interface NearestRule {
  readonly origin: Origin;
  /** `pass`: the rule would leave the packet to a later tier or profile, which lets it through. */
  readonly action: 'allow' | 'pass';
  /** Conditions of the rule that the packet fails. */
  readonly unmet: readonly string[];
  /** What decides before the rule is asked, in order. Empty: the rule was asked. */
  readonly behind: readonly Obstacle[];
}
