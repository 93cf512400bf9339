/** The mangle table: pre-DNAT policy of host endpoints. */
import { hasHostStage } from '@polyplane/core/backend';
import { renderHostDispatch } from './host-endpoint-chains';
import { fixedChain } from './names';
import { clearRule } from './policy-chains';
import { formatRule, type RuleText } from './rule-text';
import { EMPTY_TABLE, type TableRules } from './ruleset';
import type { TableInput } from './table-input';

const PREROUTING_CHAIN = fixedChain('PREROUTING');

/** Whom a pre-DNAT policy allows no policy of its host endpoint asks again: the packet goes on with the admitted mark. */
export function renderMangle(input: TableInput): TableRules {
  const { hosts, settings, family, marks } = input;
  if (!hasHostStage(hosts, 'preDnat')) return EMPTY_TABLE;
  const { accept, pass, admitted } = marks;
  const policy = input.makePolicy();
  const dispatch = renderHostDispatch(hosts, 'preDnat', 'ingress', settings, family, policy);
  const fromRaw: readonly RuleText[] = hasHostStage(hosts, 'untracked')
    ? [formatRule({ matches: [{ kind: 'mark', value: admitted, mask: admitted }], target: { kind: 'return' } })]
    : [clearRule(admitted)];
  policy.chains.set(PREROUTING_CHAIN, [
    ...fromRaw,
    clearRule(accept | pass),
    formatRule({ target: { kind: 'jump', chain: dispatch } }),
    formatRule({
      matches: [{ kind: 'mark', value: accept, mask: accept }],
      target: { kind: 'mark', value: admitted, mask: admitted },
    }),
  ]);
  input.addSets(policy);
  return { chains: policy.chains, hooks: new Map([['PREROUTING', PREROUTING_CHAIN]]) };
}
