/** The testbed: a throw-away network of namespaces with nodes, their pods, and machines outside the cluster. */
import { familyOf, type IpAddress, parseIpAddress } from '@polyplane/core';
import { applyIpBatch, awaitLinks, forgetConnections, NetworkNamespace } from '@polyplane/linux';
import { ConformanceError } from '../conformance-error';
import type { HostName, ProbeRequest, ProbeResult, ProbeTimeouts } from '../prober/probe';
import { type ListeningPort, Prober } from '../prober/prober';
import {
  renderFabric,
  renderFabricLink,
  renderFabricPodRoutes,
  renderNodePodLink,
  renderNodePodRoutes,
  renderPodLinkRemoval,
  renderReaddressing,
  renderRouteRemoval,
  renderUplink,
} from './links';
import { asTestbedError, inTestbed } from './linux-errors';
import { applyForwarding, applyMachineSettings } from './network-settings';
import { nodeHost, outsiderHost, podHost, type TestbedNode, type TestbedPod, type Topology } from './topology';

/** A namespace and what is in it. */
interface Machine {
  readonly name: HostName;
  readonly namespace: NetworkNamespace;
}

interface NodeMachine extends Machine {
  readonly node: TestbedNode;
  /** The fabric's end of its uplink. */
  readonly fabricLink: string;
}

interface OutsideMachine extends Machine {
  readonly addresses: readonly IpAddress[];
}

interface PodMachine extends Machine {
  readonly pod: TestbedPod;
}

/**
 * Nodes forward between their uplink `eth0` and their pods' links, and have no rule of any dataplane: before a backend is opened in
 * a node's namespace, everybody reaches everybody. The network is the process's own: it is gone, whole, when the
 * process ends in whatever way. Nothing outside is touched.
 */
export class Testbed {
  private readonly prober: Prober;
  private readonly fabric: NetworkNamespace;
  private readonly nodes = new Map<string, NodeMachine>();
  private readonly pods = new Map<HostName, PodMachine>();
  private readonly forgetters: (() => void)[] = [];
  private readonly outsiders = new Map<HostName, OutsideMachine>();
  private madeFabricLinks = 0;

  private constructor(
    private ports: readonly ListeningPort[],
    timeouts: ProbeTimeouts | undefined,
  ) {
    this.fabric = NetworkNamespace.create();
    this.prober = new Prober(timeouts);
  }

  /**
   * @throws ConformanceError PP_TESTBED_UNSUPPORTED when this host cannot make one (not root, no iproute2);
   *   PP_TESTBED_FAILED, PP_TESTBED_UNKNOWN_HOST for a topology that cannot be
   */
  static create(topology: Topology, timeouts?: ProbeTimeouts): Testbed {
    const testbed = inTestbed(() => new Testbed(topology.ports, timeouts));
    try {
      inTestbed(() => testbed.build(topology));
      return testbed;
    } catch (error) {
      testbed.close();
      throw error;
    }
  }

  /** Path of a node's network namespace, for a backend's `NodeContext`. It is valid until `close`. */
  networkNamespaceOf(nodeName: string): string {
    return this.nodeMachine(nodeName).namespace.path;
  }

  /** Results in the order of the requests. */
  probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
    return this.prober.probe(requests).catch((error: unknown) => {
      throw asTestbedError(error);
    });
  }

  /** Adds pods to the running network. */
  addPods(pods: readonly TestbedPod[]): void {
    for (const node of this.nodes.values()) {
      const ofNode = pods.filter((pod) => pod.node === node.node.name);
      if (ofNode.length > 0) inTestbed(() => this.addPodsOfNode(node, ofNode));
    }
    const homeless = pods.find((pod) => !this.nodes.has(pod.node));
    if (homeless !== undefined) this.nodeMachine(homeless.node);
  }

  /** Removes a pod with its namespace. */
  removePod(namespace: string, name: string): void {
    const machine = this.podMachine({ namespace, name });
    const { pod } = machine;
    this.prober.removeHost(machine.name);
    inTestbed(() => {
      applyIpBatch(this.nodeMachine(pod.node).namespace, renderPodLinkRemoval(pod));
      applyIpBatch(this.fabric, renderRouteRemoval(pod.addresses));
    });
    machine.namespace.close();
    this.pods.delete(machine.name);
  }

  /** Gives a running pod other addresses; its listeners move with them. */
  setPodAddresses(namespace: string, name: string, addresses: readonly IpAddress[]): void {
    const machine = this.podMachine({ namespace, name });
    const before = machine.pod.addresses;
    const pod: TestbedPod = { ...machine.pod, addresses };
    const node = this.nodeMachine(pod.node);
    inTestbed(() => {
      applyIpBatch(machine.namespace, renderReaddressing(before, addresses));
      applyIpBatch(node.namespace, [...renderRouteRemoval(before), ...renderNodePodRoutes(pod)]);
      applyIpBatch(this.fabric, [
        ...renderRouteRemoval(before),
        ...renderFabricPodRoutes(node.fabricLink, node.node, pod),
      ]);
    });
    this.pods.set(machine.name, { ...machine, pod });
    this.listen(machine.name, addresses);
  }

  /** Makes every machine listen on exactly these ports. */
  setPorts(ports: readonly ListeningPort[]): void {
    this.ports = ports;
    for (const [name, addresses] of this.addressesOfMachines()) this.listen(name, addresses);
  }

  /** Makes a node's kernel forward packets, as it does at first, or not. */
  setForwarding(nodeName: string, isForwarding: boolean): void {
    const { namespace } = this.nodeMachine(nodeName);
    inTestbed(() => applyForwarding(namespace, isForwarding));
  }

  /** Makes every node forget the connections it tracks, so that every probe is judged anew. */
  forgetConnections(): void {
    inTestbed(() => {
      for (const { namespace } of this.nodes.values()) forgetConnections(namespace);
    });
    for (const forget of this.forgetters) forget();
  }

  /** A dataplane on a node tracks connections by itself, and forgets them so. */
  addConnectionTracking(forget: () => void): void {
    this.forgetters.push(forget);
  }

  /** Removes everything. */
  close(): void {
    this.prober.close();
    for (const { namespace } of [...this.pods.values(), ...this.outsiders.values(), ...this.nodes.values()])
      namespace.close();
    this.fabric.close();
  }

  private build({ nodes, outsiders, pods }: Topology): void {
    applyMachineSettings(this.fabric, true);
    applyIpBatch(this.fabric, renderFabric());
    for (const node of nodes) this.addNode(node);
    for (const { name, addresses } of outsiders) this.addOutsider(outsiderHost({ name }), addresses);
    this.addPods(pods);
  }

  private addNode(node: TestbedNode): void {
    const fabricLink = this.nextFabricLink();
    const name = nodeHost(node);
    const namespace = this.addMachine(name, true, (path) => {
      applyIpBatch(this.fabric, renderFabricLink(fabricLink, node.addresses, node.routedAddresses, path));
    });
    this.nodes.set(node.name, { name, namespace, node, fabricLink });
    this.raiseUplink(namespace, node.addresses);
    awaitLinks(this.fabric, [fabricLink]);
    this.listen(name, listeningAddresses(node));
  }

  private addOutsider(name: HostName, addresses: readonly IpAddress[]): void {
    const fabricLink = this.nextFabricLink();
    const namespace = this.addMachine(name, false, (path) => {
      applyIpBatch(this.fabric, renderFabricLink(fabricLink, addresses, [], path));
    });
    this.outsiders.set(name, { name, namespace, addresses });
    this.raiseUplink(namespace, addresses);
    awaitLinks(this.fabric, [fabricLink]);
    this.listen(name, addresses);
  }

  /** One run of `ip` in the node, one in the fabric and one in each pod. */
  private addPodsOfNode({ node, namespace, fabricLink }: NodeMachine, pods: readonly TestbedPod[]): void {
    const nodeLines: string[] = [];
    for (const pod of pods) {
      const name = podHost(pod);
      const podNamespace = this.addMachine(name, false, (path) => nodeLines.push(...renderNodePodLink(pod, path)));
      this.pods.set(name, { name, namespace: podNamespace, pod });
    }
    applyIpBatch(namespace, nodeLines);
    applyIpBatch(
      this.fabric,
      pods.flatMap((pod) => renderFabricPodRoutes(fabricLink, node, pod)),
    );
    for (const pod of pods) {
      this.raiseUplink(this.podMachine(pod).namespace, pod.addresses);
      this.listen(podHost(pod), pod.addresses);
    }
    awaitLinks(
      namespace,
      pods.map((pod) => pod.interfaceName),
    );
  }

  private raiseUplink(namespace: NetworkNamespace, addresses: readonly IpAddress[]): void {
    applyIpBatch(namespace, renderUplink(addresses));
    awaitLinks(namespace, ['eth0']);
  }

  private addMachine(name: HostName, isForwarding: boolean, join: (path: string) => void): NetworkNamespace {
    if (this.prober.hasHost(name)) throw new ConformanceError('PP_TESTBED_FAILED', `there is a ${name} already`);
    const namespace = NetworkNamespace.create();
    try {
      applyMachineSettings(namespace, isForwarding);
      join(namespace.path);
      this.prober.addHost(name, namespace);
      return namespace;
    } catch (error) {
      namespace.close();
      throw error;
    }
  }

  private listen(name: HostName, addresses: readonly IpAddress[]): void {
    inTestbed(() => this.prober.listen(name, addresses, this.ports));
  }

  private *addressesOfMachines(): Iterable<readonly [HostName, readonly IpAddress[]]> {
    for (const { name, node } of this.nodes.values()) yield [name, listeningAddresses(node)];
    for (const { name, pod } of this.pods.values()) yield [name, pod.addresses];
    for (const { name, addresses } of this.outsiders.values()) yield [name, addresses];
  }

  private nextFabricLink(): string {
    return `link${this.madeFabricLinks++}`;
  }

  private nodeMachine(nodeName: string): NodeMachine {
    const machine = this.nodes.get(nodeName);
    if (machine === undefined) throw new ConformanceError('PP_TESTBED_UNKNOWN_HOST', `no node ${nodeName}`);
    return machine;
  }

  private podMachine(pod: Pick<TestbedPod, 'namespace' | 'name'>): PodMachine {
    const machine = this.pods.get(podHost(pod));
    if (machine === undefined)
      throw new ConformanceError('PP_TESTBED_UNKNOWN_HOST', `no pod ${pod.namespace}/${pod.name}`);
    return machine;
  }
}

/** A node's processes are reached on the loopback addresses too. */
function listeningAddresses({ addresses }: TestbedNode): readonly IpAddress[] {
  const families = new Set(addresses.map(familyOf));
  return [...addresses, ...[...families].map((family) => LOOPBACK[family])];
}

const LOOPBACK = { 4: parseIpAddress('127.0.0.1'), 6: parseIpAddress('::1') };

/** Makes a testbed: {@link Testbed.create}. */
export function createTestbed(topology: Topology, timeouts?: ProbeTimeouts): Testbed {
  return Testbed.create(topology, timeouts);
}
