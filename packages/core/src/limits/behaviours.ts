/** Behaviours: how a backend differs from others where nothing is missing (Calico 3.19: Details of VPP implementation; Enable the eBPF dataplane). */
export interface Behaviours {
  /** Which node answers for a node port: only the one that the packet is addressed to, or any node that sees it. */
  readonly nodePortNat: 'targetedNode' | 'anyNode';
  /** Whether packets of outside clients to a node port reach the pod with a node's address. `byPolicy`: unless the traffic policy is Local. */
  readonly nodePortSourceNat: 'always' | 'byPolicy' | 'never';
  /** The same for external and load-balancer addresses. */
  readonly externalSourceNat: 'always' | 'byPolicy' | 'never';
  /** Where a service's address is translated: where the client's packet enters, or on the node of the chosen endpoint. */
  readonly serviceNat: 'clientNode' | 'backendNode';
  readonly loadBalancing: 'random' | 'maglev' | 'hash';
  /** Answers go straight from the endpoint's node to the client. */
  readonly isDirectServerReturn: boolean;
  /** What a policy change does to flows that are already established. */
  readonly establishedFlows: 'continue' | 'revalidated' | 'newFlowsOnly';
  /**
   * What carries packets: the host's kernel, or a program that takes the interfaces from it. Where both sides of a switch leave
   * packets to the kernel, the old side's connections can go on there; a program takes its own with it.
   */
  readonly packetPath: 'kernel' | 'userspace';
}
