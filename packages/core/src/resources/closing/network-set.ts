/** Closes network sets: the ranges that cannot be read may be any. */
import type { Resource } from '../resource';
import type { Closer } from './closer';
import { type FaultPlace, mapIn, type RawMap, without } from './fault-paths';

const IDLE_METADATA: ReadonlySet<unknown> = new Set(['annotations', 'uid']);

/** A set is whole in its labels, which selectors pick it by, or it does not count. */
export const NETWORK_SET_CLOSER: Closer = { mend, finish };

function mend(raw: RawMap, faults: readonly FaultPlace[], isStrict: boolean): RawMap | undefined {
  const isMendable = ({ path: [top, field], isUnknown }: FaultPlace): boolean => {
    if (top === 'spec') return true;
    if (isUnknown && (top === 'metadata' || field === undefined)) return !isStrict;
    return top === 'metadata' && IDLE_METADATA.has(field);
  };
  if (!faults.every(isMendable)) return undefined;
  const idle = new Set(faults.filter(({ path }) => path[0] === 'metadata').map(({ path }) => path[1]));
  return { ...raw, metadata: without(mapIn(raw, 'metadata'), idle), spec: { nets: readableNets(raw, faults) } };
}

function readableNets(raw: RawMap, faults: readonly FaultPlace[]): readonly unknown[] {
  const nets = mapIn(raw, 'spec').nets;
  const ofNets = faults.filter(({ path: [top, field] }) => top === 'spec' && field === 'nets');
  if (!Array.isArray(nets) || ofNets.some(({ path }) => path.length === 2)) return [];
  const lost = new Set(ofNets.map(({ path }) => path[2]));
  return nets.filter((_, index) => !lost.has(index));
}

function finish(resource: Resource, faults: readonly FaultPlace[]): Resource {
  const isWhole = !faults.some(({ path: [top] }) => top === 'spec');
  if (isWhole || (resource.kind !== 'NetworkSet' && resource.kind !== 'GlobalNetworkSet')) return resource;
  return { ...resource, spec: { ...resource.spec, hasUnreadNets: true } };
}
