/** The filter table: what is refused for want of an endpoint, policy of workloads, policy of the host. */
import { familyOf, hasHostStage } from '@polyplane/core/backend';
import { renderHostDispatch } from './host-endpoint-chains';
import { type ChainName, fixedChain } from './names';
import { clearRule, type PolicyChains } from './policy-chains';
import { formatRule, type ModuleMatch, type RuleText, type Target } from './rule-text';
import type { BaseChain, TableRules } from './ruleset';
import { HEALTH_CHAIN, LOCALHOST_CHAIN, REFUSE_CHAIN } from './service-filter-chains';
import type { ServiceRules } from './services';
import type { TableInput } from './table-input';
import { renderTranslatedOutputMark, TRANSLATED_OUTPUT_CHAIN } from './translated-output';
import {
  FROM_WORKLOAD_CHAIN,
  renderWorkloadChains,
  renderWorkloadEntrances,
  TO_WORKLOAD_CHAIN,
  WORKLOAD_TO_HOST_CHAIN,
} from './workload-chains';

const INPUT_CHAIN = fixedChain('INPUT');
const FORWARD_CHAIN = fixedChain('FORWARD');
const OUTPUT_CHAIN = fixedChain('OUTPUT');

export function renderFilter(input: TableInput, services: ServiceRules): TableRules {
  const policy = input.makePolicy();
  renderWorkloadChains(input.state, input.settings, input.family, input.marks, policy);
  for (const [name, rules] of services.filterChains) policy.chains.set(name, rules);
  policy.chains.set(INPUT_CHAIN, renderInput(input, policy));
  policy.chains.set(FORWARD_CHAIN, renderForward(input, policy));
  policy.chains.set(OUTPUT_CHAIN, renderOutput(input, policy));
  input.addSets(policy);
  const hooks = new Map<BaseChain, ChainName>([
    ['INPUT', INPUT_CHAIN],
    ['FORWARD', FORWARD_CHAIN],
    ['OUTPUT', OUTPUT_CHAIN],
  ]);
  return { chains: policy.chains, hooks };
}

const REFUSE = formatRule({
  matches: [{ kind: 'state', states: ['NEW'] }],
  target: { kind: 'jump', chain: REFUSE_CHAIN },
});
const ACCEPT: Target = { kind: 'accept' };

function renderInput(input: TableInput, policy: PolicyChains): readonly RuleText[] {
  const { state, settings } = input;
  return [
    ...(policy.chains.has(LOCALHOST_CHAIN) ? [jump(LOCALHOST_CHAIN)] : []),
    REFUSE,
    ...renderWorkloadEntrances(state, settings, 'inInterface', { kind: 'goto', chain: WORKLOAD_TO_HOST_CHAIN }),
    ...renderHost(input, policy, 'ingress'),
    jump(HEALTH_CHAIN),
  ];
}

function renderOutput(input: TableInput, policy: PolicyChains): readonly RuleText[] {
  const { state, settings, hosts } = input;
  if (!hasHostStage(hosts, 'normal')) return [REFUSE];
  policy.chains.set(TRANSLATED_OUTPUT_CHAIN, renderTranslatedOutputMark(input.marks));
  return [
    REFUSE,
    formatRule({
      matches: [{ kind: 'state', states: ['DNAT'] }],
      target: { kind: 'goto', chain: TRANSLATED_OUTPUT_CHAIN },
    }),
    // Who rules the host rules its rules: what it sends to its workloads is not judged.
    ...renderWorkloadEntrances(state, settings, 'outInterface', { kind: 'return' }),
    ...renderHost(input, policy, 'egress'),
  ];
}

/** Policy of host endpoints on the host's own traffic. */
function renderHost(
  { hosts, settings, family, marks }: TableInput,
  policy: PolicyChains,
  direction: 'ingress' | 'egress',
): readonly RuleText[] {
  if (!hasHostStage(hosts, 'normal')) return [];
  const admissions: readonly RuleText[] =
    hasHostStage(hosts, 'untracked') || hasHostStage(hosts, 'preDnat')
      ? [formatRule({ matches: [isMarked(marks.admitted)], target: ACCEPT })]
      : [];
  return [
    ...admissions,
    clearRule(marks.accept | marks.pass),
    jump(renderHostDispatch(hosts, 'normal', direction, settings, family, policy)),
    formatRule({ matches: [isMarked(marks.accept)], target: ACCEPT }),
  ];
}

/** In the order of the packet's way: host endpoint coming in, sender, receiver, host endpoint going out. */
function renderForward(input: TableInput, policy: PolicyChains): readonly RuleText[] {
  const { state, settings, hosts, marks, family } = input;
  const { accept, pass, masquerade, admitted } = marks;
  // Established flows too: a host that does not forward has none. Nothing is refused: its kernel is silent as well.
  if (settings.isForwarding === false) return [formatRule({ target: { kind: 'drop' } })];
  const isForwardPoliced = hasHostStage(hosts, 'forward');
  const mayBeAdmitted = hasHostStage(hosts, 'untracked') || hasHostStage(hosts, 'preDnat');
  const dispatch = (direction: 'ingress' | 'egress'): ChainName =>
    renderHostDispatch(hosts, 'forward', direction, settings, family, policy);
  const admit = formatRule({
    matches: [isMarked(accept)],
    target: { kind: 'mark', value: admitted, mask: admitted },
  });
  return [
    clearRule(accept | pass | (mayBeAdmitted ? 0 : admitted)),
    REFUSE,
    ...(isForwardPoliced
      ? [
          formatRule({
            matches: [{ kind: 'mark', value: 0, mask: admitted }],
            target: { kind: 'jump', chain: dispatch('ingress') },
          }),
          admit,
          clearRule(accept | pass),
        ]
      : []),
    ...renderWorkloadEntrances(state, settings, 'inInterface', { kind: 'jump', chain: FROM_WORKLOAD_CHAIN }),
    ...renderWorkloadEntrances(state, settings, 'outInterface', { kind: 'jump', chain: TO_WORKLOAD_CHAIN }),
    admit,
    ...(isForwardPoliced ? [clearRule(accept | pass), jump(dispatch('egress')), admit] : []),
    ...renderLoopPrevention(input),
    // What belongs to no flow would pass untranslated.
    formatRule({ matches: [{ kind: 'state', states: ['INVALID'] }], target: { kind: 'drop' } }),
    // What a policy or a service let through, the host's own FORWARD policy shall not stop.
    formatRule({ matches: [isMarked(admitted)], target: ACCEPT }),
    formatRule({ matches: [isMarked(masquerade)], target: ACCEPT }),
    formatRule({
      matches: [
        { kind: 'state', states: ['RELATED', 'ESTABLISHED'] },
        { kind: 'state', states: ['DNAT'] },
      ],
      target: ACCEPT,
    }),
  ];
}

/** A service address that no service translated is not routed on: the network would send it back. */
function renderLoopPrevention({ settings, family }: TableInput): readonly RuleText[] {
  const { action, cidrs } = settings.serviceLoopPrevention ?? { action: 'drop', cidrs: [] };
  const target: Target = action === 'reject' ? { kind: 'reject', family } : { kind: 'drop' };
  return cidrs
    .filter((value) => familyOf(value) === family)
    .map((value) => formatRule({ destination: { value }, target }));
}

function jump(chain: ChainName): RuleText {
  return formatRule({ target: { kind: 'jump', chain } });
}

function isMarked(bit: number): ModuleMatch {
  return { kind: 'mark', value: bit, mask: bit };
}
