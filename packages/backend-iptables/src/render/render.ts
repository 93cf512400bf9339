/** The whole desired state as a ruleset: a function of the state alone, remembered object by object. */
import {
  type DesiredKey,
  type DesiredState,
  type IpFamily,
  type IpSet,
  type NodeSettings,
  SETTINGS_KEY,
} from '@polyplane/core/backend';
import { renderIpSet } from './ip-sets';
import type { Marks } from './marks';
import { type ChainName, fixedChain, type SetName } from './names';
import { clearRule, PolicyChains, PolicyCompiler } from './policy-chains';
import { formatRule, isSafeInterface, type RuleText } from './rule-text';
import {
  type BaseChain,
  EMPTY_RULESET,
  EMPTY_TABLE,
  type FamilyRules,
  type KernelSet,
  type Ruleset,
  type TableRules,
} from './ruleset';
import { HEALTH_CHAIN, LOCALHOST_CHAIN, REFUSE_CHAIN, type ServiceRules, ServicesRenderer } from './services';
import {
  FROM_WORKLOAD_CHAIN,
  renderWorkloadChains,
  renderWorkloadEntrances,
  TO_WORKLOAD_CHAIN,
  WORKLOAD_TO_HOST_CHAIN,
} from './workload-chains';

/** Renders desired states. What it remembers makes it faster and changes no result. */
export class Renderer {
  private readonly services: ServicesRenderer;
  private readonly compiler: PolicyCompiler;
  private readonly ipSets = new WeakMap<IpSet, ReadonlyMap<IpFamily, KernelSet>>();

  constructor(private readonly marks: Marks) {
    this.services = new ServicesRenderer(marks);
    this.compiler = new PolicyCompiler(marks);
  }

  /** Nothing before there are settings: they come with every state that is to be put into force. */
  render(state: DesiredState): Ruleset {
    const settings = state.settings.get(SETTINGS_KEY);
    const families = new Map<IpFamily, FamilyRules>();
    const sets = new Map<SetName, KernelSet>();
    if (settings === undefined) return EMPTY_RULESET;
    for (const family of familiesOf(state)) families.set(family, this.renderFamily(state, settings, family, sets));
    return { families, sets, routesLocalnet: settings.localhostNodePorts };
  }

  private renderFamily(
    state: DesiredState,
    settings: NodeSettings,
    family: IpFamily,
    sets: Map<SetName, KernelSet>,
  ): FamilyRules {
    const services = this.services.render(state, settings, family);
    const policy = new PolicyChains(state, family, this.marks, this.compiler);
    renderWorkloadChains(state, settings, family, this.marks, policy);
    const filter = this.renderFilter(state, settings, policy, services);
    for (const set of [...services.sets, ...policy.sets.values()]) sets.set(set.name, set);
    // After the empty stand-ins that rules brought along.
    for (const ipSet of state.ipSets.values()) {
      const set = this.renderIpSet(ipSet, family);
      sets.set(set.name, set);
    }
    return { raw: EMPTY_TABLE, mangle: EMPTY_TABLE, filter, nat: services.nat };
  }

  private renderFilter(
    state: DesiredState,
    settings: NodeSettings,
    policy: PolicyChains,
    services: ServiceRules,
  ): TableRules {
    const chains = new Map<ChainName, readonly RuleText[]>([...policy.chains, ...services.filterChains]);
    const { accept, pass, masquerade } = this.marks;
    const refuse = formatRule({
      matches: [{ kind: 'state', states: ['NEW'] }],
      target: { kind: 'jump', chain: REFUSE_CHAIN },
    });
    chains.set(INPUT_CHAIN, [
      ...(chains.has(LOCALHOST_CHAIN) ? [formatRule({ target: { kind: 'jump', chain: LOCALHOST_CHAIN } })] : []),
      refuse,
      ...renderWorkloadEntrances(state, settings, 'inInterface', { kind: 'goto', chain: WORKLOAD_TO_HOST_CHAIN }),
      formatRule({ target: { kind: 'jump', chain: HEALTH_CHAIN } }),
    ]);
    chains.set(FORWARD_CHAIN, [
      clearRule(accept | pass),
      refuse,
      ...renderWorkloadEntrances(state, settings, 'inInterface', { kind: 'jump', chain: FROM_WORKLOAD_CHAIN }),
      ...renderWorkloadEntrances(state, settings, 'outInterface', { kind: 'jump', chain: TO_WORKLOAD_CHAIN }),
      // What a policy or a service let through, the host's own FORWARD policy shall not stop.
      formatRule({ matches: [{ kind: 'mark', value: accept, mask: accept }], target: { kind: 'accept' } }),
      formatRule({ matches: [{ kind: 'mark', value: masquerade, mask: masquerade }], target: { kind: 'accept' } }),
      formatRule({
        matches: [
          { kind: 'state', states: ['RELATED', 'ESTABLISHED'] },
          { kind: 'state', states: ['DNAT'] },
        ],
        target: { kind: 'accept' },
      }),
    ]);
    chains.set(OUTPUT_CHAIN, [refuse]);
    const hooks = new Map<BaseChain, ChainName>([
      ['INPUT', INPUT_CHAIN],
      ['FORWARD', FORWARD_CHAIN],
      ['OUTPUT', OUTPUT_CHAIN],
    ]);
    return { chains, hooks };
  }

  private renderIpSet(ipSet: IpSet, family: IpFamily): KernelSet {
    const known = this.ipSets.get(ipSet)?.get(family);
    if (known !== undefined) return known;
    const set = renderIpSet(ipSet, family);
    this.ipSets.set(ipSet, new Map([...(this.ipSets.get(ipSet) ?? []), [family, set]]));
    return set;
  }
}

/** Objects that cannot be written without a risk; they are left out, closed. */
export function unrenderableObjects(state: DesiredState): readonly DesiredKey[] {
  return [...state.workloads.values()]
    .filter((workload) => !isSafeInterface(workload.interfaceName))
    .map((workload) => workload.key);
}

const INPUT_CHAIN = fixedChain('INPUT');
const FORWARD_CHAIN = fixedChain('FORWARD');
const OUTPUT_CHAIN = fixedChain('OUTPUT');

/** IPv6 is programmed when something on this node has an IPv6 address. */
function familiesOf(state: DesiredState): readonly IpFamily[] {
  const hasIpv6 =
    some(state.workloads.values(), (workload) => workload.addresses.some((address) => address.includes(':'))) ||
    some(state.services.values(), (service) => service.family === 6) ||
    some(state.settings.values(), (settings) => settings.nodeAddresses.some((address) => address.includes(':')));
  return hasIpv6 ? [4, 6] : [4];
}

function some<Value>(values: Iterable<Value>, test: (value: Value) => boolean): boolean {
  for (const value of values) if (test(value)) return true;
  return false;
}
