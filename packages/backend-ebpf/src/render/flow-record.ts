/** What an event of the programs says, in the user's own objects. */
import {
  type DesiredState,
  type FlowRecord,
  hasPorts,
  type InterfaceName,
  type Origin,
  type PolicyKey,
  type Port,
  type ProfileKey,
  type Protocol,
} from '@polyplane/core/backend';
import { EVENT, EVENT_KIND } from '../layout/layouts';
import type { RuleId } from './policy/policy-program';

/** What turns the numbers of an event into names. */
export interface FlowNames {
  readonly state: Pick<DesiredState, 'policies' | 'profiles'>;
  readonly ruleOf: (number: number) => RuleId | undefined;
  readonly interfaceName: (index: number) => string | undefined;
}

/** Undefined: the event is none that tells of a flow's verdict. */
export function flowRecordOf(record: Buffer, { state, ruleOf, interfaceName }: FlowNames): FlowRecord | undefined {
  if (record.length < EVENT.size) return undefined;
  const { saddr, daddr, sport, dport, protocol, kind, ifindex, rule } = EVENT.decode(record);
  if (saddr === undefined || daddr === undefined || kind === EVENT_KIND.log) return undefined;
  const name = interfaceName(ifindex);
  const origin = originOf(state, ruleOf(rule));
  // The kernel tells numbers of its own packets and interfaces: each is one of its kind.
  const withPort = (port: number) => (hasPorts(protocol as Protocol) ? { port: port as Port } : {});
  return {
    verdict: kind === EVENT_KIND.allowed ? 'allow' : 'deny',
    protocol: protocol as Protocol,
    source: { address: saddr, ...withPort(sport) },
    destination: { address: daddr, ...withPort(dport) },
    ...(name === undefined ? {} : { interfaceName: name as InterfaceName }),
    ...(origin === undefined ? {} : { rule: origin }),
  };
}

function originOf({ policies, profiles }: FlowNames['state'], id: RuleId | undefined): Origin | undefined {
  const [key = '', direction, index] = id?.split('|') ?? [];
  // A key's type is in its text.
  const judge = key.startsWith('policy/') ? policies.get(key as PolicyKey) : profiles.get(key as ProfileKey);
  return judge?.[direction === 'ingress' ? 'ingress' : 'egress'][Number(index)]?.origin;
}
