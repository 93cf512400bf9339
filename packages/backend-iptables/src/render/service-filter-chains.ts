/** In the filter table, what becomes of packets to services that are not translated: rejected, dropped, firewalled, or health checks. */
import { IPV4_LOOPBACK, type IpFamily, type NodeSettings, TCP } from '@polyplane/core/backend';
import { type ChainName, fixedChain } from './names';
import { renderNodePortEntrances } from './node-port-entrances';
import { formatRule, type ModuleMatch, type RuleText, type Target } from './rule-text';
import { type ServiceSetKind, serviceSet } from './service-collection';

/** New packets to frontends that refuse, drop, or admit only some sources. Entered from INPUT, FORWARD and OUTPUT. */
export const REFUSE_CHAIN = fixedChain('REFUSE');
/** Health check node ports are open. Entered from INPUT. */
export const HEALTH_CHAIN = fixedChain('HEALTH-CHECKS');
/** Nobody but the host itself may send to 127.0.0.0/8, though node ports on localhost make the kernel route it. */
export const LOCALHOST_CHAIN = fixedChain('LOCALHOST');

const REFUSE_NODE_PORTS_CHAIN = fixedChain('REFUSE-NODE-PORT');

/** By name; the same for all services, which stand in the sets that they match. */
export function renderServiceFilterChains(
  family: IpFamily,
  settings: NodeSettings,
): ReadonlyMap<ChainName, readonly RuleText[]> {
  const inSet = (kind: ServiceSetKind): ModuleMatch => ({
    kind: 'set',
    name: serviceSet(kind, family),
    fields: 'dst,dst',
  });
  const rule = (kind: ServiceSetKind, target: Target): RuleText => formatRule({ matches: [inSet(kind)], target });
  const notAdmitted: ModuleMatch = {
    kind: 'set',
    name: serviceSet('admitted', family),
    fields: 'dst,dst,src',
    isNegated: true,
  };
  const chains = new Map<ChainName, readonly RuleText[]>();
  chains.set(REFUSE_CHAIN, [
    // Where a service has sent it, no other one's refusal is meant.
    formatRule({ matches: [{ kind: 'state', states: ['DNAT'] }], target: { kind: 'return' } }),
    formatRule({ matches: [inSet('firewalled'), notAdmitted], target: { kind: 'drop' } }),
    rule('dropped', { kind: 'drop' }),
    rule('rejected', { kind: 'reject', family }),
    ...renderNodePortEntrances(family, settings, { kind: 'jump', chain: REFUSE_NODE_PORTS_CHAIN }),
  ]);
  chains.set(REFUSE_NODE_PORTS_CHAIN, [rule('npdrop', { kind: 'drop' }), rule('npreject', { kind: 'reject', family })]);
  chains.set(HEALTH_CHAIN, [
    formatRule({
      protocol: { value: TCP },
      matches: [{ kind: 'local', end: 'destination' }, inSet('healthchecks')],
      target: { kind: 'accept' },
    }),
  ]);
  if (family === 4 && settings.localhostNodePorts) {
    chains.set(LOCALHOST_CHAIN, [
      formatRule({
        source: { value: IPV4_LOOPBACK, isNegated: true },
        destination: { value: IPV4_LOOPBACK },
        matches: [{ kind: 'state', states: ['RELATED', 'ESTABLISHED', 'DNAT'], isNegated: true }],
        target: { kind: 'drop' },
      }),
    ]);
  }
  return chains;
}
