/** How the objects of a kind close where they cannot be read. */
import type { Resource } from '../resource';
import type { FaultPlace, RawMap } from './fault-paths';

/** Closes what is at fault in the objects of a kind. Pure: the object given stays as it is. */
export interface Closer {
  /**
   * The object with something in the place of each fault that allows no more than the object would allow whole. Undefined where
   * the faults leave in doubt whom the object is for, or where in the order it stands.
   * @param isStrict an unknown field beside the rules is such a doubt, too
   */
  mend(raw: RawMap, faults: readonly FaultPlace[], isStrict: boolean): RawMap | undefined;
  /** Adds to the resource what its API has no words for. `faults`: all that were mended. */
  finish?(resource: Resource, faults: readonly FaultPlace[]): Resource;
}
