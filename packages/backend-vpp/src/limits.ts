/** What the VPP backend does not do: by default exactly what Calico's VPP dataplane states of itself. */
import type { Limit, LimitTable } from '@polyplane/core/backend';

const SOURCE = 'Calico 3.19, Details of VPP implementation & known-issues';

function row(limit: Omit<Limit, 'source'>): Limit {
  return { ...limit, source: SOURCE };
}

/** What the VPP dataplane does not do. */
export const VPP_LIMITS: LimitTable = [
  row({
    code: 'PP_LIMIT_VPP_DO_NOT_TRACK',
    feature: 'doNotTrackPolicy',
    support: 'unsupported',
    effect: 'objectIgnored',
    message:
      'VPP does not support doNotTrack on host endpoint policies: the policy is ignored, and what it denies is let in.',
    remedy: 'Use a normal or applyOnForward policy, which this backend supports.',
  }),
  row({
    code: 'PP_LIMIT_VPP_PRE_DNAT',
    feature: 'preDnatPolicy',
    support: 'unsupported',
    effect: 'objectIgnored',
    message:
      'VPP does not support preDNAT on host endpoint policies: the policy is ignored, and what it denies is let in.',
    remedy: 'Judge the traffic after DNAT, by policies of the pods behind the service.',
  }),
  row({
    code: 'PP_LIMIT_VPP_BGP_DISABLED',
    feature: 'bgpDisabled',
    support: 'unsupported',
    effect: 'refuseToStart',
    message: 'VPP does not run with BGP disabled: it refuses to start.',
    remedy: 'Enable BGP, by spec.calicoNetwork.bgp: Enabled in the Installation.',
  }),
  row({
    code: 'PP_LIMIT_VPP_SESSION_AFFINITY',
    feature: 'sessionAffinity',
    support: 'unsupported',
    effect: 'degraded',
    message:
      'VPP does not support session affinity: each connection of a client may meet another endpoint of the service.',
    remedy: 'Keep sessions in the application or in a proxy in front of it.',
  }),
  row({
    code: 'PP_LIMIT_VPP_WIREGUARD',
    feature: 'wireguardToggle',
    support: 'degraded',
    effect: 'warn',
    message:
      'VPP supports Wireguard when it is on for the whole cluster from the start: switching it on or off with live pods is unstable.',
    remedy: 'Switch Wireguard before any pod runs, or drain the nodes first.',
  }),
  row({
    code: 'PP_LIMIT_VPP_ENDPOINT_SLICES',
    feature: 'endpointSlices',
    support: 'degraded',
    effect: 'degraded',
    message: 'VPP does not support EndpointSlices: it falls back to the service’s Endpoints object.',
    remedy: 'Keep an Endpoints object beside hand-made slices; Kubernetes makes one for each service with a selector.',
    until: 'calico-3.31',
  }),
];
