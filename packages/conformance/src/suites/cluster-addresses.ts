/** Which pod or node of a suite's cluster has which address, and which ports pods name. */
import {
  familyOf,
  type IpAddress,
  type IpFamily,
  type Node,
  type Pod,
  type Port,
  type Protocol,
  parseProtocol,
  type Resource,
} from '@polyplane/core';

export class ClusterAddresses {
  private readonly pods = new Map<string, Pod>();
  private readonly podsByAddress = new Map<IpAddress, Pod>();
  private readonly nodes = new Map<string, Node>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      if (resource.kind === 'Node') this.nodes.set(resource.metadata.name, resource);
      if (resource.kind === 'Pod') this.addPod(resource);
    }
  }

  /** By `namespace/name`. */
  podNamed(name: string): Pod | undefined {
    return this.pods.get(name);
  }

  /** A pod with an interface of its own. */
  podAt(address: IpAddress): Pod | undefined {
    return this.podsByAddress.get(address);
  }

  nodeAt(address: IpAddress): string | undefined {
    for (const [name, node] of this.nodes) {
      if (node.status.addresses.some((entry) => entry.address === address)) return name;
    }
    return undefined;
  }

  addressOfNode(name: string, family: IpFamily): IpAddress | undefined {
    return this.nodes.get(name)?.status.addresses.find(({ address }) => familyOf(address) === family)?.address;
  }

  private addPod(pod: Pod): void {
    this.pods.set(podName(pod), pod);
    if (pod.spec.hostNetwork || isOver(pod)) return;
    for (const address of pod.status.podIPs) this.podsByAddress.set(address, pod);
  }
}

export function podName({ metadata: { namespace, name } }: Pod): string {
  return `${namespace}/${name}`;
}

/** A pod that has given up its addresses. */
export function isOver(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

/** The number behind a port's name in a pod; undefined where the pod has no such port. */
export function portNamed(pod: Pod, name: string, protocol: Protocol): Port | undefined {
  return pod.spec.ports.find((port) => port.name === name && parseProtocol(port.protocol) === protocol)?.containerPort;
}
