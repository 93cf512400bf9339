/** The mangle table: pre-DNAT policy of host endpoints, and their policy on what the host itself sends to services. */
import { hasHostStage } from '@polyplane/core/backend';
import { renderHostDispatch } from './host-endpoint-chains';
import { type ChainName, fixedChain } from './names';
import { clearRule, type PolicyChains } from './policy-chains';
import { formatRule, type RuleText } from './rule-text';
import { type BaseChain, EMPTY_TABLE, type TableRules } from './ruleset';
import type { TableInput } from './table-input';
import { isTranslatedOutput } from './translated-output';
import { renderWorkloadEntrances } from './workload-chains';

const PREROUTING_CHAIN = fixedChain('PREROUTING');
const POSTROUTING_CHAIN = fixedChain('POSTROUTING');

export function renderMangle(input: TableInput): TableRules {
  const { hosts } = input;
  const hooks = new Map<BaseChain, ChainName>();
  const policy = input.makePolicy();
  if (hasHostStage(hosts, 'preDnat')) {
    policy.chains.set(PREROUTING_CHAIN, renderPreDnat(input, policy));
    hooks.set('PREROUTING', PREROUTING_CHAIN);
  }
  if (hasHostStage(hosts, 'normal')) {
    policy.chains.set(POSTROUTING_CHAIN, renderTranslatedOutput(input, policy));
    hooks.set('POSTROUTING', POSTROUTING_CHAIN);
  }
  if (hooks.size === 0) return EMPTY_TABLE;
  input.addSets(policy);
  return { chains: policy.chains, hooks };
}

/** Whom a pre-DNAT policy allows no policy of its host endpoint asks again: the packet goes on with the admitted mark. */
function renderPreDnat({ hosts, settings, family, marks }: TableInput, policy: PolicyChains): readonly RuleText[] {
  const { accept, pass, admitted } = marks;
  const dispatch = renderHostDispatch(hosts, 'preDnat', 'ingress', settings, family, policy);
  const fromRaw: readonly RuleText[] = hasHostStage(hosts, 'untracked')
    ? [formatRule({ matches: [{ kind: 'mark', value: admitted, mask: admitted }], target: { kind: 'return' } })]
    : [clearRule(admitted)];
  return [
    ...fromRaw,
    clearRule(accept | pass),
    formatRule({ target: { kind: 'jump', chain: dispatch } }),
    formatRule({
      matches: [{ kind: 'mark', value: accept, mask: accept }],
      target: { kind: 'mark', value: admitted, mask: admitted },
    }),
  ];
}

/**
 * The interface by which a packet leaves is known only here where a service gave it another destination. What is allowed goes on
 * to what else stands in the table.
 */
function renderTranslatedOutput(
  { state, hosts, settings, family, marks }: TableInput,
  policy: PolicyChains,
): readonly RuleText[] {
  const dispatch = renderHostDispatch(hosts, 'normal', 'egress', settings, family, policy);
  return [
    formatRule({ matches: [{ ...isTranslatedOutput(marks), isNegated: true }], target: { kind: 'return' } }),
    clearRule(marks.accept | marks.pass),
    formatRule({ matches: [{ kind: 'state', states: ['RELATED', 'ESTABLISHED'] }], target: { kind: 'return' } }),
    // Who rules the host rules its rules: what it sends to its workloads is not judged.
    ...renderWorkloadEntrances(state, settings, 'outInterface', { kind: 'return' }),
    formatRule({ target: { kind: 'jump', chain: dispatch } }),
  ];
}
