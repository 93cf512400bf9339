/** The fields of Calico's pools, BGP and controllers (projectcalico.org/v3) and of the operator's Installation, in every version so far. */

import { fieldsOf, withFields } from './known-fields';
import { objectFields } from './kubernetes-fields';

const RANGE_BLOCK = fieldsOf(['cidr']);
const SECRET = fieldsOf([], { secretKeyRef: 'anything' });

export const IP_POOL = objectFields({
  spec: fieldsOf(
    [
      'cidr',
      'vxlanMode',
      'ipipMode',
      'natOutgoing',
      'nat-outgoing',
      'disabled',
      'disableBGPExport',
      'blockSize',
      'nodeSelector',
      'namespaceSelector',
      'allowedUses',
      'assignmentMode',
    ],
    { ipip: fieldsOf(['enabled', 'mode']) },
  ),
});

export const BGP_CONFIGURATION = objectFields({
  spec: fieldsOf(
    [
      'logSeverityScreen',
      'nodeToNodeMeshEnabled',
      'asNumber',
      'serviceLoadBalancerAggregation',
      'listenPort',
      'nodeMeshMaxRestartTime',
      'bindMode',
      'ignoredInterfaces',
      'localWorkloadPeeringIPV4',
      'localWorkloadPeeringIPV6',
      'programClusterRoutes',
      'ipv4NormalRoutePriority',
      'ipv6NormalRoutePriority',
    ],
    {
      serviceLoadBalancerIPs: RANGE_BLOCK,
      serviceExternalIPs: RANGE_BLOCK,
      serviceClusterIPs: RANGE_BLOCK,
      communities: fieldsOf(['name', 'value']),
      prefixAdvertisements: fieldsOf(['cidr', 'communities']),
      nodeMeshPassword: SECRET,
    },
  ),
});

export const BGP_PEER = objectFields({
  spec: fieldsOf(
    [
      'node',
      'nodeSelector',
      'peerIP',
      'asNumber',
      'localASNumber',
      'peerSelector',
      'keepOriginalNextHop',
      'nextHopMode',
      'sourceAddress',
      'maxRestartTime',
      'keepaliveTime',
      'numAllowedLocalASNumbers',
      'ttlSecurity',
      'reachableBy',
      'filters',
      'localWorkloadSelector',
      'reversePeering',
    ],
    { password: SECRET },
  ),
});

const FILTER_RULE = fieldsOf(
  ['cidr', 'source', 'interface', 'matchOperator', 'action', 'peerType', 'asPathPrefix', 'priority'],
  {
    prefixLength: fieldsOf(['min', 'max']),
    communities: fieldsOf(['values']),
    operations: fieldsOf([], {
      addCommunity: fieldsOf(['value']),
      prependASPath: fieldsOf(['prefix']),
      setPriority: fieldsOf(['value']),
    }),
  },
);
export const BGP_FILTER = objectFields({
  spec: fieldsOf([], { exportV4: FILTER_RULE, importV4: FILTER_RULE, exportV6: FILTER_RULE, importV6: FILTER_RULE }),
});

export const IP_RESERVATION = objectFields({ spec: fieldsOf(['reservedCIDRs']) });
export const BLOCK_AFFINITY = objectFields({ spec: fieldsOf(['state', 'node', 'type', 'cidr', 'deleted']) });

const PERIODIC = fieldsOf(['reconcilerPeriod']);
export const KUBE_CONTROLLERS_CONFIGURATION = objectFields({
  spec: fieldsOf(
    ['logSeverityScreen', 'healthChecks', 'etcdV3CompactionPeriod', 'prometheusMetricsPort', 'debugProfilePort'],
    {
      controllers: fieldsOf([], {
        node: withFields(PERIODIC, ['syncLabels', 'leakGracePeriod'], {
          hostEndpoint: fieldsOf(['autoCreate', 'createDefaultHostEndpoint'], {
            templates: fieldsOf([
              'generateName',
              'interfaceCIDRs',
              'interfacePattern',
              'interfaceSelector',
              'labels',
              'annotations',
              'nodeSelector',
            ]),
          }),
        }),
        policy: PERIODIC,
        workloadEndpoint: PERIODIC,
        serviceAccount: PERIODIC,
        namespace: PERIODIC,
        loadBalancer: fieldsOf(['assignIPs']),
        migration: fieldsOf(['policyNameMigrator']),
      }),
    },
  ),
});

export const CALICO_NODE = objectFields({
  spec: fieldsOf(['ipv4VXLANTunnelAddr', 'ipv6VXLANTunnelAddr', 'vxlanTunnelMACAddr', 'vxlanTunnelMACAddrV6'], {
    bgp: fieldsOf(['asNumber', 'ipv4Address', 'ipv6Address', 'ipv4IPIPTunnelAddr', 'routeReflectorClusterID']),
    orchRefs: fieldsOf(['nodeName', 'orchestrator']),
    wireguard: fieldsOf(['interfaceIPv4Address', 'interfaceIpv4Address', 'interfaceIPv6Address']),
    addresses: fieldsOf(['address', 'type']),
    interfaces: fieldsOf(['name', 'addresses']),
  }),
});

const AUTODETECTION = fieldsOf(['firstFound', 'kubernetes', 'interface', 'skipInterface', 'canReach', 'cidrs']);

/** What the operator installs beside the network is its own business; how the network is set up is known by name. */
export const INSTALLATION = objectFields({
  spec: fieldsOf(
    [
      'variant',
      'registry',
      'imagePath',
      'imagePrefix',
      'imagePullSecrets',
      'imagePullPolicy',
      'kubernetesProvider',
      'cni',
      'typhaAffinity',
      'controlPlaneNodeSelector',
      'controlPlaneTolerations',
      'controlPlaneReplicas',
      'nodeMetricsPort',
      'typhaMetricsPort',
      'flexVolumePath',
      'calicoRunHostPath',
      'calicoLibHostPath',
      'kubeletVolumePluginPath',
      'nodeUpdateStrategy',
      'componentResources',
      'certificateManagement',
      'tlsCipherSuites',
      'nonPrivileged',
      'calicoNodeDaemonSet',
      'csiNodeDriverDaemonSet',
      'calicoKubeControllersDeployment',
      'typhaDeployment',
      'typhaPodDisruptionBudget',
      'calicoWindowsUpgradeDaemonSet',
      'calicoNodeWindowsDaemonSet',
      'fipsMode',
      'logging',
      'windowsNodes',
      'serviceCIDRs',
      'azure',
      'proxy',
      'networkPolicy',
    ],
    {
      calicoNetwork: fieldsOf(
        [
          'linuxDataplane',
          'windowsDataplane',
          'bpfNetworkBootstrap',
          'kubeProxyManagement',
          'bgp',
          'clusterRoutingMode',
          'mtu',
          'hostPorts',
          'multiInterfaceMode',
          'containerIPForwarding',
          'linuxPodInterfaceType',
          'sysctl',
          'linuxPolicySetupTimeoutSeconds',
        ],
        {
          nodeAddressAutodetectionV4: AUTODETECTION,
          nodeAddressAutodetectionV6: AUTODETECTION,
          ipPools: fieldsOf([
            'name',
            'cidr',
            'encapsulation',
            'natOutgoing',
            'nodeSelector',
            'blockSize',
            'disableBGPExport',
            'disableNewAllocations',
            'allowedUses',
            'assignmentMode',
          ]),
        },
      ),
    },
  ),
});
