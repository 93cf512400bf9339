/** The routing decision: to a local workload, to the host itself, or out to the network. */
import type { IpFamily, RouteTarget } from '../state';
import type { Flow } from './flow';
import { isLinkScope } from './host-addresses';
import type { NodeView } from './node-view';
import { tunnelInterface } from './route-table';
import type { LocalWorkload } from './workload-table';

/** Where routing sends a packet, and by which interface. */
export type Target =
  | { readonly kind: 'workload'; readonly workload: LocalWorkload; readonly interfaceName: string }
  | { readonly kind: 'host'; readonly interfaceName: string }
  | { readonly kind: 'network'; readonly interfaceName: string };

/** The interface by which the host talks to itself. */
export const LOOPBACK_INTERFACE = 'lo';

export function targetOf(view: NodeView, { destination, family }: Flow, isFromHost: boolean): Target {
  const workload = view.workloads.at(destination.address);
  if (workload !== undefined) return { kind: 'workload', workload, interfaceName: workload.endpoint.interfaceName };
  // What is for the link alone is never passed on: who is asked is the host at the other end.
  const isOwn = view.host.isOwn(destination) || (!isFromHost && isLinkScope(destination));
  if (isOwn) return { kind: 'host', interfaceName: LOOPBACK_INTERFACE };
  return routedTarget(view, view.routes.find(destination.value)?.target, family);
}

/** The packet would have to be passed on, and the host passes nothing on: its kernel drops it before any rule could refuse it. */
export function isNotPassedOn(view: NodeView, target: Target, isFromHost: boolean): boolean {
  return view.settings.isForwarding === false && !isFromHost && target.kind !== 'host';
}

function routedTarget(view: NodeView, route: RouteTarget | undefined, family: IpFamily): Target {
  if (route?.kind === 'workload') {
    const workload = view.workloads.get(route.workload);
    if (workload !== undefined) return { kind: 'workload', workload, interfaceName: workload.endpoint.interfaceName };
  }
  const encapsulation = route?.kind === 'node' ? route.encapsulation : 'none';
  const interfaceName = encapsulation === 'none' ? view.uplink : tunnelInterface(encapsulation, family);
  return { kind: 'network', interfaceName };
}
