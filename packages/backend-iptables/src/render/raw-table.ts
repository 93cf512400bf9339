/** The raw table, before connection tracking: sources of workloads, untracked policy of host endpoints. */
import { hasHostStage } from '@polyplane/core/backend';
import { renderHostDispatch } from './host-endpoint-chains';
import { type ChainName, fixedChain } from './names';
import { clearRule, type PolicyChains } from './policy-chains';
import { formatRule, type ModuleMatch, type RuleText } from './rule-text';
import type { BaseChain, TableRules } from './ruleset';
import type { TableInput } from './table-input';
import { CHECK_SOURCE_CHAIN, renderSourceChecks, renderWorkloadEntrances } from './workload-chains';

const PREROUTING_CHAIN = fixedChain('PREROUTING');
const OUTPUT_CHAIN = fixedChain('OUTPUT');

/**
 * Sources are checked first. What an untracked policy allows is not tracked, hence not translated, and asked by no later
 * stage of its host endpoint.
 */
export function renderRaw(input: TableInput): TableRules {
  const { state, settings, family, hosts } = input;
  const policy = input.makePolicy();
  renderSourceChecks(state, family, policy.chains, policy.sets);
  const checks = renderWorkloadEntrances(state, settings, 'inInterface', { kind: 'jump', chain: CHECK_SOURCE_CHAIN });
  const hooks = new Map<BaseChain, ChainName>([['PREROUTING', PREROUTING_CHAIN]]);
  if (hasHostStage(hosts, 'untracked')) {
    hooks.set('OUTPUT', OUTPUT_CHAIN);
    policy.chains.set(PREROUTING_CHAIN, [...checks, ...renderDirection(input, policy, 'ingress')]);
    policy.chains.set(OUTPUT_CHAIN, renderDirection(input, policy, 'egress'));
  } else policy.chains.set(PREROUTING_CHAIN, checks);
  input.addSets(policy);
  return { chains: policy.chains, hooks };
}

function renderDirection(
  { state, settings, family, hosts, marks }: TableInput,
  policy: PolicyChains,
  direction: 'ingress' | 'egress',
): readonly RuleText[] {
  const { accept, pass, admitted } = marks;
  const allowed: readonly ModuleMatch[] = [{ kind: 'mark', value: accept, mask: accept }];
  const side = direction === 'ingress' ? 'inInterface' : 'outInterface';
  const chain = renderHostDispatch(hosts, 'untracked', direction, settings, family, policy);
  return [
    clearRule(accept | pass | admitted),
    // Traffic of workloads is always tracked.
    ...renderWorkloadEntrances(state, settings, side, { kind: 'return' }),
    formatRule({ target: { kind: 'jump', chain } }),
    formatRule({ matches: allowed, target: { kind: 'mark', value: admitted, mask: admitted } }),
    formatRule({ matches: allowed, target: { kind: 'noTrack' } }),
  ];
}
