/** What a change of backend does to the connections that live pods have. */
import type { ObjectRef } from '../state';
import type { ChangeOfObject } from './behaviour-change';
import type { Behaviours } from './behaviours';
import { type ClusterIndex, isLive } from './cluster-index';
import type { LimitTable } from './limit';

/** A backend as far as connections go; `limits` are those that hold in the chosen profile. */
export interface ConnectionBackend {
  readonly name: string;
  readonly behaviours: Pick<Behaviours, 'packetPath'>;
  readonly limits: LimitTable;
}

/**
 * One change a node that has live pods, by the limits of both backends where they have a row for it. That connections go on
 * beside the new backend is true only of those that the kernel carries: no other path outlives the old backend.
 */
export function connectionChanges(
  cluster: ClusterIndex,
  from: ConnectionBackend,
  to: ConnectionBackend,
): readonly ChangeOfObject[] {
  if (from.name === to.name) return [];
  const rows = [
    ...from.limits.filter(({ feature }) => feature === 'undisturbedDisabling'),
    ...(from.behaviours.packetPath === 'kernel'
      ? to.limits.filter(({ feature }) => feature === 'takeOverOfConnections')
      : []),
  ];
  const told =
    rows.length > 0
      ? rows.map(({ code, message }) => ({ code, message }))
      : [{ code: 'PP_CHANGE_CONNECTIONS', message: UNTOLD }];
  return nodesWithPods(cluster).flatMap((object) =>
    told.map((change) => ({ ...change, from: from.name, to: to.name, object })),
  );
}

const UNTOLD =
  'Connections through services and source NAT end with the switch: what translates them stays behind with the old dataplane.';

/** By name; a node is named by its pods also where its own object is not known. */
function nodesWithPods(cluster: ClusterIndex): readonly ObjectRef[] {
  const names = new Set(cluster.all('Pod').flatMap((pod) => (isLive(pod) ? (pod.spec.nodeName ?? []) : [])));
  return [...names].sort().map((name): ObjectRef => ({ apiVersion: 'v1', kind: 'Node', name }));
}
