/** The node's settings: what the agent chose, else what Calico's configuration objects say, else the defaults. */
import type {
  AddressAutodetection,
  BGPConfiguration,
  FelixConfiguration,
  Installation,
  ProtoPort,
} from '../resources/kinds/settings';
import {
  type FailsafePort,
  type IpAddress,
  type IpFamily,
  type NodeSettings,
  type Protocol,
  parsePort,
  parsePortRange,
  parseProtocol,
  SETTINGS_KEY,
  TCP,
  type TunnelTraffic,
  UDP,
} from '../state';
import type { Output } from './output';

/** What the agent may decide about its node. */
export type ChosenSettings = Partial<Omit<NodeSettings, 'type' | 'key' | 'nodeName' | 'nodeAddresses'>>;

/** Calico's defaults (Felix configuration reference, FailsafeInboundHostPorts and FailsafeOutboundHostPorts). */
const CONTROL_PLANE = [179, 2379, 2380, 5473, 6443, 6666, 6667];
const FAILSAFE_INBOUND = [...failsafe(TCP, 22), ...failsafe(UDP, 68), ...failsafe(TCP, ...CONTROL_PLANE)];
const FAILSAFE_OUTBOUND = [...failsafe(UDP, 53, 67), ...failsafe(TCP, ...CONTROL_PLANE)];

const VXLAN_PORT = parsePort(4789);
const IPIP = parseProtocol(4);

/**
 * Felix alone would drop what workloads send to their own host. Every installation of Calico sets that aside, and Kubernetes
 * has pods reach their node (its API server, its kubelet), so the host's own firewall decides unless the cluster says otherwise.
 */
const DEFAULTS = {
  localhostNodePorts: true,
  masqueradeAll: false,
  localDetector: { kind: 'workloadInterfaces' },
  workloadInterfacePrefixes: ['cali'],
  endpointToHostAction: 'return',
  failsafeInbound: FAILSAFE_INBOUND,
  failsafeOutbound: FAILSAFE_OUTBOUND,
} as const satisfies ChosenSettings;

/** The object that holds for every node. */
const OF_ALL = 'default';
const FAMILIES: readonly IpFamily[] = [4, 6];
const LOOP_ACTIONS = { Drop: 'drop', Reject: 'reject' } as const;
const HOST_ACTIONS = { Drop: 'drop', Return: 'return', Accept: 'accept' } as const;

type FelixSpec = FelixConfiguration['spec'];

/** FelixConfiguration `node.NAME` wins over `default` field by field; BGPConfiguration and Installation count by `default`. */
export class Settings {
  private readonly felix = new Map<string, FelixSpec>();
  private readonly bgp = new Map<string, BGPConfiguration['spec']>();
  private readonly installations = new Map<string, Installation['spec']>();
  private nodeAddresses: readonly IpAddress[] = [];

  constructor(
    private readonly nodeName: string,
    private readonly chosen: ChosenSettings,
    private readonly output: Output,
  ) {
    this.render();
  }

  putNodeAddresses(addresses: readonly IpAddress[]): void {
    this.nodeAddresses = addresses;
    this.render();
  }

  putFelix({ metadata, spec }: FelixConfiguration): void {
    this.felix.set(metadata.name, spec);
    this.render();
  }

  removeFelix(name: string): void {
    this.felix.delete(name);
    this.render();
  }

  putBgp({ metadata, spec }: BGPConfiguration): void {
    this.bgp.set(metadata.name, spec);
    this.render();
  }

  removeBgp(name: string): void {
    this.bgp.delete(name);
    this.render();
  }

  putInstallation({ metadata, spec }: Installation): void {
    this.installations.set(metadata.name, spec);
    this.render();
  }

  removeInstallation(name: string): void {
    this.installations.delete(name);
    this.render();
  }

  /** A setting of Felix as it holds for this node. */
  felixSetting<Field extends keyof FelixSpec>(field: Field): FelixSpec[Field] {
    return this.felix.get(`node.${this.nodeName}`)?.[field] ?? this.felix.get(OF_ALL)?.[field];
  }

  private render(): void {
    const { nodeName, nodeAddresses } = this;
    this.output.put({
      type: 'settings',
      key: SETTINGS_KEY,
      nodeName,
      nodeAddresses,
      ...DEFAULTS,
      ...this.clusterSettings(),
      ...this.chosen,
    });
  }

  /** What the cluster's objects say; what none of them says is absent. */
  private clusterSettings(): ChosenSettings {
    const hostAction = this.felixSetting('defaultEndpointToHostAction');
    const inbound = this.felixSetting('failsafeInboundHostPorts');
    const outbound = this.felixSetting('failsafeOutboundHostPorts');
    const prefixes = this.felixSetting('interfacePrefix');
    const network = this.installations.get(OF_ALL)?.calicoNetwork;
    return {
      ...(hostAction !== undefined && { endpointToHostAction: HOST_ACTIONS[hostAction] }),
      ...(inbound !== undefined && { failsafeInbound: inbound.map(failsafePort) }),
      ...(outbound !== undefined && { failsafeOutbound: outbound.map(failsafePort) }),
      ...(prefixes !== undefined && { workloadInterfacePrefixes: prefixes }),
      ...(this.felixSetting('ipForwarding') === 'Disabled' && { isForwarding: false }),
      closedToWorkloads: this.closedToWorkloads(),
      ...this.serviceLoopPrevention(),
      ...this.wireguard(),
      ...(network?.bgp !== undefined && { isBgpEnabled: network.bgp === 'Enabled' }),
      ...(network !== undefined && autodetection(network)),
    };
  }

  private closedToWorkloads(): readonly TunnelTraffic[] {
    const vxlan = { protocol: UDP, port: this.felixSetting('vxlanPort') ?? VXLAN_PORT };
    return [
      ...(this.felixSetting('allowVXLANPacketsFromWorkloads') === true ? [] : [vxlan]),
      ...(this.felixSetting('allowIPIPPacketsFromWorkloads') === true ? [] : [{ protocol: IPIP }]),
    ];
  }

  private serviceLoopPrevention(): Pick<ChosenSettings, 'serviceLoopPrevention'> {
    const bgp = this.bgp.get(OF_ALL);
    const wanted = this.felixSetting('serviceLoopPrevention') ?? 'Drop';
    if (bgp === undefined || wanted === 'Disabled') return {};
    const cidrs = [...bgp.serviceClusterIPs, ...bgp.serviceExternalIPs, ...bgp.serviceLoadBalancerIPs];
    return cidrs.length === 0 ? {} : { serviceLoopPrevention: { action: LOOP_ACTIONS[wanted], cidrs } };
  }

  private wireguard(): Pick<ChosenSettings, 'wireguardFamilies'> {
    const ofFamily = { 4: this.felixSetting('wireguardEnabled'), 6: this.felixSetting('wireguardEnabledV6') };
    if (ofFamily[4] === undefined && ofFamily[6] === undefined) return {};
    return { wireguardFamilies: FAMILIES.filter((family) => ofFamily[family] === true) };
  }
}

/** Methods are on unless the installation names none for a family that it configures. */
function autodetection({
  nodeAddressAutodetectionV4: v4,
  nodeAddressAutodetectionV6: v6,
}: Installation['spec']['calicoNetwork']): Pick<ChosenSettings, 'autodetectedFamilies'> {
  if (v4 === undefined && v6 === undefined) return {};
  const hasMethod = (detection: AddressAutodetection | undefined) =>
    detection !== undefined &&
    Object.values(detection).some((method) => (Array.isArray(method) ? method.length > 0 : Boolean(method)));
  const ofFamily = { 4: v4 === undefined || hasMethod(v4), 6: hasMethod(v6) };
  return { autodetectedFamilies: FAMILIES.filter((family) => ofFamily[family]) };
}

function failsafePort({ protocol, port, net }: ProtoPort): FailsafePort {
  return { protocol, ports: { first: port, last: port }, ...(net !== undefined && { net }) };
}

function failsafe(protocol: Protocol, ...ports: readonly number[]): readonly FailsafePort[] {
  return ports.map((port) => ({ protocol, ports: parsePortRange(port, port) }));
}
