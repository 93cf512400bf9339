/** Where service proxies differ in how they read services and endpoint slices. */

/** Default: as kube-proxy reads them. */
export interface ServiceRules {
  /**
   * `whenComplete`: topology hints count only if every ready endpoint has one (kube-proxy). `wherePresent`: endpoints hinted
   * for the node are preferred, then those hinted for its zone, whatever the others have; a service of topology mode Auto
   * needs zone hints on all (Calico's eBPF dataplane).
   */
  readonly hints: 'whenComplete' | 'wherePresent';
  /** Whether endpoints that terminate but still serve stand in where none is ready (KEP-1669). */
  readonly usesTerminating: boolean;
  /** Which addresses `loadBalancerSourceRanges` closes to others: a load balancer's only, or external addresses as well. */
  readonly sourceRangesOn: 'loadBalancerIps' | 'externalIps';
  /** False: every address of a load balancer is taken for `VIP`, as before the gate LoadBalancerIPMode (Kubernetes 1.30). */
  readonly honoursIpMode: boolean;
}

/** The rules of services as kube-proxy has them. */
export const KUBE_PROXY_RULES: ServiceRules = {
  hints: 'whenComplete',
  usesTerminating: true,
  sourceRangesOn: 'loadBalancerIps',
  honoursIpMode: true,
};

/** As Calico's eBPF dataplane reads them (projectcalico/calico, felix/bpf/proxy). */
export const CALICO_EBPF_RULES: ServiceRules = {
  hints: 'wherePresent',
  usesTerminating: false,
  sourceRangesOn: 'externalIps',
  honoursIpMode: true,
};
