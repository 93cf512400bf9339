/** What one policy program answers: who is asked, about which packets, and what holds before and after its tiers. */
import {
  ANY_END,
  type EndpointTier,
  type FailsafePort,
  type HostEndpoint,
  hostTiersOf,
  type NodeSettings,
  type ProfileKey,
  type WorkloadEndpoint,
} from '@polyplane/core/backend';
import type { Match } from './rule-code';
import type { Decision } from './verdict-code';

/** To the endpoint (`ingress`) or from it (`egress`). */
export type Direction = 'ingress' | 'egress';

/** A question that endpoints of equal policy have in common: plain data, so that equal ones can share a program. */
export interface PolicyQuestion {
  readonly direction: Direction;
  /** Which destination rules mean. */
  readonly destination: 'beforeDnat' | 'afterDnat';
  /** Packets that are not asked about. */
  readonly exempt: readonly Match[];
  readonly onExempt: Decision;
  readonly tiers: readonly EndpointTier[];
  /** A packet that no rule of a tier decided meets the tier's default action, or the next tier has its say. */
  readonly endOfTier: 'defaultAction' | 'nextTier';
  readonly profiles: readonly ProfileKey[];
  /** Nobody decided. */
  readonly otherwise: Decision;
}

/** Tiers, then profiles; nothing that allows: deny. */
export function workloadQuestion({ tiers, profiles }: WorkloadEndpoint, direction: Direction): PolicyQuestion {
  return { ...ASKED, direction, tiers, profiles };
}

/** What a host endpoint is asked about a flow of the host's own, forwarded, or before DNAT; never `untracked`. */
export function hostQuestion(
  endpoint: HostEndpoint,
  stage: 'normal' | 'forward' | 'preDnat',
  direction: Direction,
  settings: NodeSettings,
): PolicyQuestion {
  const tiers = hostTiersOf(endpoint, stage);
  const question = { ...ASKED, direction, tiers };
  // What the host passes on is not the host's own: no failsafe port, and no opinion is no objection.
  if (stage === 'forward') return { ...question, otherwise: 'allow' };
  const exempt = failsafeMatches(settings, direction);
  if (stage === 'normal') return { ...question, exempt, profiles: endpoint.profiles };
  return {
    ...question,
    destination: 'beforeDnat',
    exempt,
    onExempt: 'next',
    endOfTier: 'nextTier',
    otherwise: 'next',
  };
}

const ASKED = {
  destination: 'afterDnat',
  exempt: [],
  onExempt: 'allow',
  endOfTier: 'defaultAction',
  profiles: [],
  otherwise: 'deny',
} as const;

/** A failsafe port is one of the destination; its range is one of the peer's addresses. */
function failsafeMatches({ failsafeInbound, failsafeOutbound }: NodeSettings, direction: Direction): readonly Match[] {
  const isIngress = direction === 'ingress';
  return (isIngress ? failsafeInbound : failsafeOutbound).map(({ protocol, ports, net }: FailsafePort) => {
    const nets = net === undefined ? [] : [net];
    return {
      protocol,
      source: { ...ANY_END, nets: isIngress ? nets : [] },
      destination: { ...ANY_END, ports: [ports], nets: isIngress ? [] : nets },
    };
  });
}
