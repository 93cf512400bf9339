/** The raw table: untracked policy of host endpoints, before connection tracking. */
import { hasStage, renderHostDispatch } from './host-endpoint-chains';
import { type ChainName, fixedChain } from './names';
import { clearRule, type PolicyChains } from './policy-chains';
import { formatRule, type ModuleMatch, type RuleText } from './rule-text';
import { type BaseChain, EMPTY_TABLE, type TableRules } from './ruleset';
import type { TableInput } from './table-input';
import { renderWorkloadEntrances } from './workload-chains';

const PREROUTING_CHAIN = fixedChain('PREROUTING');
const OUTPUT_CHAIN = fixedChain('OUTPUT');

/** What an untracked policy allows is not tracked, hence not translated, and asked by no later stage of its host endpoint. */
export function renderRaw(input: TableInput): TableRules {
  if (!hasStage(input.hosts, 'untracked')) return EMPTY_TABLE;
  const policy = input.makePolicy();
  policy.chains.set(PREROUTING_CHAIN, renderDirection(input, policy, 'ingress'));
  policy.chains.set(OUTPUT_CHAIN, renderDirection(input, policy, 'egress'));
  input.addSets(policy);
  const hooks = new Map<BaseChain, ChainName>([
    ['PREROUTING', PREROUTING_CHAIN],
    ['OUTPUT', OUTPUT_CHAIN],
  ]);
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
