/** Which policy an interface's entry in `pp_endpoints` leads to. */
import { type HostEndpoint, hostTiersOf, type NodeSettings } from '@polyplane/core/backend';
import { ENDPOINT_FLAG } from '../../layout/layouts';
import { hostQuestion, type PolicyQuestion, workloadQuestion } from '../policy/policy-question';
import type { InterfaceRole } from './interface-roles';

/** The places for policy programs in `struct pp_endpoint`. */
export const POLICY_PLACES = ['egress', 'ingress', 'forward_out', 'forward_in', 'pre_dnat'] as const;

/** A row of {@link POLICY_PLACES}. */
export type PolicyPlace = (typeof POLICY_PLACES)[number];

/** What is asked at an interface; a place without a question asks nobody. */
export interface EndpointQuestions {
  /** Bits of {@link ENDPOINT_FLAG}. */
  readonly flags: number;
  readonly questions: Readonly<Partial<Record<PolicyPlace, PolicyQuestion>>>;
}

/** Undefined: the interface has no entry: a workload's is closed, on a host's nobody is asked. */
export function endpointQuestions(role: InterfaceRole, settings: NodeSettings): EndpointQuestions | undefined {
  const { hostEndpoint } = role;
  if (role.kind === 'workload') {
    const { workload } = role;
    if (workload === undefined) return undefined;
    const own = { egress: workloadQuestion(workload, 'egress'), ingress: workloadQuestion(workload, 'ingress') };
    const passedOn = hostEndpoint === undefined ? {} : passedOnQuestions(hostEndpoint, settings);
    return { flags: ENDPOINT_FLAG.workload, questions: { ...own, ...passedOn } };
  }
  if (hostEndpoint === undefined) return undefined;
  const own = {
    egress: hostQuestion(hostEndpoint, 'normal', 'egress', settings),
    ingress: hostQuestion(hostEndpoint, 'normal', 'ingress', settings),
  };
  return { flags: ENDPOINT_FLAG.host, questions: { ...own, ...passedOnQuestions(hostEndpoint, settings) } };
}

/** What a host endpoint has to say before translation, and on what the host passes on. */
function passedOnQuestions(endpoint: HostEndpoint, settings: NodeSettings): EndpointQuestions['questions'] {
  const has = (stage: 'forward' | 'preDnat'): boolean => hostTiersOf(endpoint, stage).length > 0;
  return {
    ...(has('forward')
      ? {
          forward_in: hostQuestion(endpoint, 'forward', 'ingress', settings),
          forward_out: hostQuestion(endpoint, 'forward', 'egress', settings),
        }
      : {}),
    ...(has('preDnat') ? { pre_dnat: hostQuestion(endpoint, 'preDnat', 'ingress', settings) } : {}),
  };
}
