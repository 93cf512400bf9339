/** Calico's WorkloadEndpoint (projectcalico.org/v3): a workload's interface on its node, where the cluster stores it. */
import type { Cidr, InterfaceName, IpAddress, Port, Protocol } from '../../state';
import type { ResourceBase } from '../metadata';

/** Named apart from the desired state's workload endpoint. */
export interface CalicoWorkloadEndpoint extends ResourceBase<'WorkloadEndpoint'> {
  readonly spec: {
    readonly orchestrator: string;
    readonly workload: string;
    readonly node: string;
    /** Kubernetes only. */
    readonly pod?: string;
    readonly endpoint: string;
    /** Host side. */
    readonly interfaceName: InterfaceName;
    /** Single addresses, as /32 and /128. */
    readonly ipNetworks: readonly Cidr[];
    /** Floating addresses and the workload's own that they stand for. */
    readonly ipNATs: readonly { readonly internalIP: IpAddress; readonly externalIP: IpAddress }[];
    readonly profiles: readonly string[];
    readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: Port }[];
    readonly serviceAccountName?: string;
    readonly allowSpoofedSourcePrefixes: readonly Cidr[];
  };
}
