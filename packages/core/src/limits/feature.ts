/** The vocabulary of features that a desired state can need and a backend can lack. */

/** Every feature with a limit row in some backend; in the words of the Kubernetes and Calico API references. */
export const FEATURES = [
  'ipv6',
  'sctpPolicy',
  'sctpService',
  'sessionAffinity',
  'loadBalancerSourceRanges',
  'hostEndpointPolicy',
  'doNotTrackPolicy',
  'preDnatPolicy',
  'applyOnForwardPolicy',
  'logAction',
  'icmpTypeMatch',
  'floatingIp',
  'endpointSlices',
  'bgpDisabled',
  'wireguardToggle',
  'architectureArm64',
  'architectureOther',
  'nodeIpNotAutodetected',
  'hybridCluster',
  'takeOverOfConnections',
  'undisturbedDisabling',
  'foreignPolicy',
] as const;

/** One of {@link FEATURES}. */
export type Feature = (typeof FEATURES)[number];
