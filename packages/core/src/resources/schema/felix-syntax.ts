/** The syntax of those FelixConfiguration fields that this dataplane does not read: they are refused where Calico refuses them. */
import { z } from 'zod';
import { calicoPort, selector } from './calico-fields';
import {
  addressOfFamily,
  checked,
  cidr,
  list,
  optional,
  optionalText,
  refuse,
  suchThat,
  textOf,
  truthValue,
  word,
} from './fields';
import { isDnsLabel, isInterfaceName, isRegularExpression } from './names';

const MAX_TABLES = 0xffff;
const MAX_TABLE = 0xffffffff;
const MAX_REGION = 63 - 'openstack-region-'.length;
const MAX_ROUTE_PRIORITY = 2_147_483_646;

const DURATION = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))*$/;
/** Go's `time.ParseDuration`. */
const GO_DURATION = /^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$/;
const CONNTRACK_TIMEOUT = /^(([0-9]*(\.[0-9]*)?(ms|s|h|m|us)+)+|Auto)$/;
const INTERFACE_FILTER = /^[a-zA-Z0-9:._+-]{1,15}$/;
const OVERRIDES = /^([a-zA-Z0-9-_]+=(true|false|),)*([a-zA-Z0-9-_]+=(true|false|))?$/;
const GATES = /^([a-zA-Z0-9-_]+=([^=]+),)*([a-zA-Z0-9-_]+=([^=]+))?$/;
const DSCP = /^(DF|EF|AF[1-4][1-3]|CS[0-6])$/i;

const matching = (pattern: RegExp, expected: string) =>
  optionalText.pipe(textOf((value) => value.length <= 1024 && pattern.test(value), expected).optional());
const between = (min: number, max: number) => optional(z.int().min(min).max(max));
export const regularExpression = optionalText.pipe(textOf(isRegularExpression, 'a regular expression').optional());
const duration = matching(DURATION, 'a duration (90s, 1m30s)');
export const goDuration = matching(GO_DURATION, 'a duration (90s, 1m30s)');
const severity = word(['Trace', 'Debug', 'Info', 'Warning', 'Error', 'Fatal'], 'anyCase');
const interfaceName = optionalText.pipe(
  textOf((value) => value === '*' || isInterfaceName(value), 'an interface name').optional(),
);
const interfaceFilter = textOf(
  (value) => INTERFACE_FILTER.test(value),
  'an interface name, or the beginning of one and +',
);
const enabledOrDisabled = word(['Enabled', 'Disabled']);
const markMask = between(0, 0xffffffff);
const routePriority = between(1, MAX_ROUTE_PRIORITY);
const allowAction = word(['Accept', 'Return'], 'anyCase');
const conntrackTimeout = matching(CONNTRACK_TIMEOUT, 'a duration or Auto');
const clusterRoutes = word(['Enabled', 'Disabled', 'EnabledIPIPOnly', 'EnabledNoEncapOnly']);

const healthTimeout = z.object({
  name: textOf((value) => /^[a-zA-Z0-9_ -]+$/.test(value), 'a name of letters, digits, _, - and spaces'),
  timeout: textOf((value) => GO_DURATION.test(value) && !/^-.*[1-9]/.test(value), 'a duration of 0 or more'),
});

const tableRange = z
  .object({ min: z.int(), max: z.int() })
  .transform(suchThat(({ min, max }) => min >= 1 && max >= min && max <= 250, 'is not a range of tables within 1-250'));

const tableIdRange = z
  .object({ min: z.int(), max: z.int() })
  .transform(suchThat(({ min, max }) => min >= 1 && max >= min && max <= MAX_TABLE, 'is not a range of tables'));

const tableIdRanges = list(tableIdRange).transform(
  suchThat(
    (ranges) => ranges.reduce((sum, { min, max }) => sum + max - min + 1, 0) <= MAX_TABLES,
    `names more than ${MAX_TABLES} tables`,
  ),
);

const dscp = optional(
  z.union([
    z.int().min(0).max(63),
    textOf((value) => DSCP.test(value.trim()) || /^([0-9]|[1-5][0-9]|6[0-3])$/.test(value), 'a DSCP value'),
  ]),
);

const flags = [
  'useInternalDataplaneDriver',
  'endpointReportingEnabled',
  'disableConntrackInvalidCheck',
  'healthEnabled',
  'prometheusMetricsEnabled',
  'prometheusGoMetricsEnabled',
  'prometheusProcessMetricsEnabled',
  'prometheusWireGuardMetricsEnabled',
  'usageReportingEnabled',
  'removeExternalRoutes',
  'debugDisableLogDropping',
  'sidecarAccelerationEnabled',
  'xdpEnabled',
  'genericXDPEnabled',
  'bpfDisableUnprivileged',
  'bpfConnectTimeLoadBalancingEnabled',
  'bpfKubeProxyIptablesCleanupEnabled',
  'bpfHostConntrackBypass',
  'bpfIPFragmentReassemblyEnabled',
  'bpfPolicyDebugEnabled',
  'flowLogsCollectorDebugTrace',
  'routeSyncDisabled',
  'wireguardThreadingEnabled',
  'requireMTUFile',
];
const durations = [
  'routeRefreshInterval',
  'interfaceRefreshInterval',
  'iptablesRefreshInterval',
  'iptablesPostWriteCheckInterval',
  'iptablesLockProbeInterval',
  'ipsetsRefreshInterval',
  'xdpRefreshInterval',
  'netlinkTimeout',
  'reportingInterval',
  'reportingTTL',
  'endpointReportingDelay',
  'usageReportingInitialDelay',
  'usageReportingInterval',
  'debugSimulateCalcGraphHangAfter',
  'debugSimulateDataplaneHangAfter',
  'debugSimulateDataplaneApplyDelay',
  'bpfIPFragTimeout',
  'bpfKubeProxyMinSyncPeriod',
  'flowLogsFlushInterval',
  'wireguardKeepAlive',
  'liveMigrationRouteConvergenceTime',
];
const numbers = [
  'maxIpsetSize',
  'metadataPort',
  'ipipMTU',
  'vxlanMTU',
  'vxlanMTUV6',
  'healthPort',
  'prometheusMetricsPort',
  'deviceRouteProtocol',
  'bpfMapSizeNATFrontend',
  'bpfMapSizeNATBackend',
  'bpfMapSizeNATAffinity',
  'bpfMapSizeRoute',
  'bpfMapSizeConntrack',
  'bpfMapSizePerCpuConntrack',
  'bpfMapSizeIPSets',
  'bpfMapSizeIfState',
  'bpfExportBufferSizeMB',
  'wireguardMTU',
  'wireguardMTUV6',
];
const texts = [
  'dataplaneDriver',
  'metadataAddr',
  'interfaceExclude',
  'logFilePath',
  'endpointStatusPathPrefix',
  'healthHost',
  'prometheusMetricsCAFile',
  'prometheusMetricsCertFile',
  'prometheusMetricsKeyFile',
  'policySyncPathPrefix',
  'debugMemoryProfilePath',
  'debugHost',
  'bpfCTLBLogFilter',
  'cgroupV2Path',
  'flowLogsGoldmaneServer',
];

/** The fields whose only rule is their type. */
const plain = {
  ...shapeOf(flags, optional(truthValue)),
  ...shapeOf(durations, duration),
  ...shapeOf(numbers, optional(z.int())),
  ...shapeOf(texts, optionalText),
};

/** Of all that is checked only this is looked at again. */
export const felixSyntax: z.ZodType<{ readonly nodeSelector?: string | undefined }> = z
  .object({
    ...plain,
    nodeSelector: selector,
    dataplaneWatchdogTimeout: goDuration,
    nftablesRefreshInterval: goDuration,
    localSubnetL2ReachabilityRefreshInterval: goDuration,
    featureDetectOverride: matching(OVERRIDES, 'a list name=true,name=false'),
    featureGates: matching(GATES, 'a list name=value,name=value'),
    iptablesBackend: word(['Legacy', 'NFT', 'Auto']),
    openstackRegion: optionalText.pipe(
      textOf(
        (value) => value.length <= MAX_REGION && isDnsLabel(value),
        `a DNS label of at most ${MAX_REGION}`,
      ).optional(),
    ),
    logPrefix: matching(/^[a-zA-Z0-9%: /_-]*$/, 'a log prefix of letters, digits, %, :, /, _, - and spaces'),
    logActionRateLimit: matching(/^[1-9]\d{0,3}\/(?:second|minute|hour|day)$/, 'a rate (10/second)'),
    logActionRateLimitBurst: between(0, 9999),
    logSeverityFile: severity,
    logSeverityScreen: severity,
    logSeveritySys: severity,
    logDebugFilenameRegex: regularExpression,
    iptablesMarkMask: markMask,
    nftablesMarkMask: markMask,
    healthTimeoutOverrides: list(healthTimeout),
    prometheusMetricsHost: matching(/^[a-zA-Z0-9:._+-]{1,64}$/, 'a host name or address'),
    prometheusMetricsClientAuth: word([
      'RequireAndVerifyClientCert',
      'RequireAnyClientCert',
      'VerifyClientCertIfGiven',
      'NoClientCert',
    ]),
    deviceRouteSourceAddress: addressOfFamily(4),
    deviceRouteSourceAddressIPv6: addressOfFamily(6),
    programClusterRoutes: clusterRoutes,
    ipForwarding: enabledOrDisabled,
    debugPort: between(0, 65535),
    iptablesNATOutgoingInterfaceFilter: optionalText.pipe(interfaceFilter.optional()),
    nftablesMode: word(['Disabled', 'Enabled', 'Auto']),
    nftablesFlowTableOffload: word(['All', 'Disabled']),
    nftablesFlowTableDataIfacePattern: regularExpression,
    nftablesFilterAllowAction: allowAction,
    nftablesMangleAllowAction: allowAction,
    nftablesFilterDenyAction: word(['Drop', 'Reject'], 'anyCase'),
    bpfOverlayHostSourceIP: word(['TunnelAddress', 'HostAddress']),
    bpfJITHardening: word(['Auto', 'Strict']),
    bpfLogLevel: word(['Off', 'Info', 'Debug'], 'anyCase'),
    bpfConntrackLogLevel: word(['Off', 'Debug']),
    bpfConntrackMode: word(['Auto', 'Userspace', 'BPFProgram']),
    bpfConntrackTimeouts: optional(z.record(z.string(), conntrackTimeout)),
    bpfLogFilters: optional(
      z.record(
        textOf((key) => key === '*' || isInterfaceName(key), 'an interface name'),
        z.string(),
      ),
    ),
    bpfDataIfacePattern: regularExpression,
    bpfL3IfacePattern: regularExpression,
    bpfDisableGROForIfaces: regularExpression,
    mtuIfacePattern: regularExpression,
    bpfConnectTimeLoadBalancing: word(['TCP', 'Enabled', 'Disabled']),
    bpfHostNetworkedNATWithoutCTLB: enabledOrDisabled,
    bpfDSROptoutCIDRs: list(cidr),
    bpfExcludeCIDRsFromNAT: list(cidr),
    bpfExtToServiceConnmark: markMask,
    bpfKubeProxyHealthzPort: between(0, 65535),
    bpfPSNATPorts: optional(calicoPort),
    bpfMapSizeConntrackScaling: word(['Disabled', 'DoubleIfFull'], 'anyCase'),
    bpfMapSizeConntrackCleanupQueue: optional(z.int().min(1)),
    bpfEnforceRPF: word(['Disabled', 'Strict', 'Loose'], 'anyCase'),
    bpfForceTrackPacketsFromIfaces: list(interfaceFilter),
    bpfRedirectToPeer: enabledOrDisabled,
    bpfAttachType: word(['TC', 'TCX', 'Netkit']),
    bpfProfiling: enabledOrDisabled,
    bpfMaglevMaxEndpointsPerService: between(1, 3000),
    bpfMaglevMaxServices: between(1, 3000),
    istioAmbientMode: enabledOrDisabled,
    istioDSCPMark: dscp,
    flowLogsPolicyEvaluationMode: word(['None', 'Continuous']),
    flowLogsLocalReporter: enabledOrDisabled,
    routeSource: word(['WorkloadIPs', 'CalicoIPAM'], 'anyCase'),
    routeTableRange: optional(tableRange),
    routeTableRanges: optional(tableIdRanges),
    ipv4NormalRoutePriority: routePriority,
    ipv4ElevatedRoutePriority: routePriority,
    ipv6NormalRoutePriority: routePriority,
    ipv6ElevatedRoutePriority: routePriority,
    wireguardListeningPort: between(1, 65535),
    wireguardListeningPortV6: between(1, 65535),
    wireguardRoutingRulePriority: between(1, 32765),
    wireguardInterfaceName: interfaceName,
    wireguardInterfaceNameV6: interfaceName,
    awsSrcDstCheck: word(['DoNothing', 'Enable', 'Disable']),
    localSubnetL2Reachability: word(['Disabled', 'PodsAndLoadBalancers']),
    windowsManageFirewallRules: enabledOrDisabled,
    goGCThreshold: optional(z.int().min(-1)),
    goMemoryLimitMB: optional(z.int().min(-1)),
    goMaxProcs: optional(z.int().min(-1)),
  })
  .transform(
    checked(({ routeTableRange, routeTableRanges }, context) => {
      if (routeTableRange !== undefined && routeTableRanges !== undefined) {
        refuse(context, ['routeTableRange'], 'stands beside routeTableRanges, which takes its place');
      }
    }),
  );

function shapeOf<Schema extends z.ZodType>(names: readonly string[], schema: Schema): Record<string, Schema> {
  return Object.fromEntries(names.map((name) => [name, schema]));
}
