/** Calico's rules with their selectors and named ports resolved to IP sets. */
import type { CalicoEntityRule, CalicoRule } from '../resources/kinds/calico';
import { allOf, Selector, type SelectorNode } from '../resources/selectors';
import {
  type IpSetKey,
  type Origin,
  type PortRange,
  type Protocol,
  type Rule,
  type RuleAction,
  type RuleEnd,
  ruleInItsFamily,
  SCTP,
  TCP,
  UDP,
} from '../state';
import { inNamespace, namespaceScope, ownCondition, serviceAccountScope } from './calico-scope';
import { SERVICE_ACCOUNT_LABEL } from './inheritance';
import { type IpSetDefinition, namedPortSet, netSet, serviceSet, widestNetSet } from './ip-set-definition';
import type { SetCollector } from './policy-spec';

const ACTIONS: Readonly<Record<CalicoRule['action'], RuleAction>> = {
  Allow: 'allow',
  Deny: 'deny',
  Pass: 'pass',
  Log: 'log',
};

/** What the rules of a policy or profile are rendered with. */
export interface CalicoRuleContext {
  /** That of the policy: its rules' selectors stay in it unless they name namespaces themselves. */
  readonly namespace?: string | undefined;
  readonly sets: SetCollector;
  /** Some network set has ranges that cannot be read. */
  readonly hasUnreadNets: boolean;
}

/**
 * The rules of one direction. `origin`: the list that the rules stand in. Rules that ask for an HTTP request are left out: they
 * only ever allow, and no dataplane here can tell whether they hold. Ranges of network sets that cannot be read close: they are
 * none where they would allow, any where they would deny or exclude; a pass rule denies what it may have passed.
 */
export function renderCalicoRules(
  rules: readonly CalicoRule[],
  { object, field }: Origin,
  context: CalicoRuleContext,
): readonly Rule[] {
  return rules.flatMap((rule, index) =>
    rule.http === undefined ? renderReadings(rule, { object, field: `${field}[${index}]` }, context) : [],
  );
}

/** How the selectors of a rule become sets: those that the other end must be in, and those that it must not be in. */
interface SetReading {
  readonly inSet: (selector: Selector) => IpSetDefinition;
  readonly notInSet: (selector: Selector) => IpSetDefinition;
}

const EXACT: SetReading = { inSet: netSet, notInSet: netSet };
/** What a rule matches for certain, and what it may match. */
const CERTAIN: SetReading = { inSet: netSet, notInSet: widestNetSet };
const POSSIBLE: SetReading = { inSet: widestNetSet, notInSet: netSet };

function renderReadings(rule: CalicoRule, origin: Origin, context: CalicoRuleContext): readonly Rule[] {
  const render = (action: RuleAction, reading: SetReading): readonly Rule[] =>
    renderRule(rule, action, origin, { ...context, ...reading });
  const action = ACTIONS[rule.action];
  if (!context.hasUnreadNets) return render(action, EXACT);
  if (action === 'deny') return render('deny', POSSIBLE);
  return action === 'pass' ? [...render('pass', CERTAIN), ...render('deny', POSSIBLE)] : render(action, CERTAIN);
}

type RenderContext = Pick<CalicoRuleContext, 'namespace' | 'sets'> & SetReading;

/** Empty: no packet can match. */
function renderRule(rule: CalicoRule, action: RuleAction, origin: Origin, context: RenderContext): readonly Rule[] {
  const rendered = ruleInItsFamily({
    action,
    ...(rule.ipVersion !== undefined && { family: rule.ipVersion }),
    ...(rule.protocol !== undefined && { protocol: rule.protocol }),
    ...(rule.notProtocol !== undefined && { notProtocol: rule.notProtocol }),
    ...(rule.icmp !== undefined && { icmp: rule.icmp }),
    ...(rule.notICMP !== undefined && { notIcmp: rule.notICMP }),
    source: renderSource(rule, context),
    destination: renderDestination(rule, context),
    origin,
  });
  return rendered === undefined ? [] : [rendered];
}

/** A service as source means its endpoints' addresses, for the ports they send from are any. */
function renderSource({ source, protocol }: CalicoRule, context: RenderContext): RuleEnd {
  const { namespace, sets } = context;
  const end = renderEnd(source, namedPortProtocols(protocol), context);
  if (source.services === undefined) return end;
  const service = serviceSet('net', source.services.namespace ?? namespace ?? '', source.services.name);
  return { ...end, ipSets: [...end.ipSets, sets.use(service)] };
}

/** A service as destination means its endpoints' addresses with their ports and protocols. */
function renderDestination({ destination, protocol }: CalicoRule, context: RenderContext): RuleEnd {
  const { namespace, sets } = context;
  const end = renderEnd(destination, namedPortProtocols(protocol), context);
  if (destination.services === undefined) return end;
  const service = serviceSet(
    'addressPort',
    destination.services.namespace ?? namespace ?? '',
    destination.services.name,
  );
  return { ...end, addressPortSets: [sets.use(service)] };
}

/** A rule without a protocol means the ports of that name of every protocol that has any. */
function namedPortProtocols(protocol: Protocol | undefined): readonly Protocol[] {
  return protocol === undefined ? [TCP, UDP, SCTP] : [protocol];
}

function renderEnd(
  end: CalicoEntityRule,
  protocols: readonly Protocol[],
  { namespace, sets, inSet, notInSet }: RenderContext,
): RuleEnd {
  const { positive, negative } = conditionsOf(end, namespace);
  const portOwners = new Selector(positive ?? { op: 'all' });
  const ports = numbersOf(end.ports);
  const namedPortsOf = (names: readonly string[]): readonly IpSetKey[] =>
    names.flatMap((name) => protocols.map((protocol) => sets.use(namedPortSet(portOwners, protocol, name))));
  const namedPorts = namedPortsOf(namesOf(end.ports));
  // Where only named ports count, their sets hold nothing but what the selector picks.
  const isCovered = namedPorts.length > 0 && ports.length === 0;
  const setsOf = (
    node: SelectorNode | undefined,
    setOf: (selector: Selector) => IpSetDefinition,
  ): readonly IpSetKey[] => (node === undefined ? [] : [sets.use(setOf(new Selector(node)))]);
  return {
    nets: end.nets,
    notNets: end.notNets,
    ipSets: isCovered ? [] : setsOf(positive, inSet),
    notIpSets: setsOf(negative, notInSet),
    ports,
    notPorts: numbersOf(end.notPorts),
    namedPorts,
    notNamedPorts: namedPortsOf(namesOf(end.notPorts)),
    addressPortSets: [],
  };
}

/**
 * `positive`: the end must be one that this picks; absent: it may be anything. `negative`: it must be none that this
 * picks, but may be something unknown to the cluster; so it stands by itself only without a positive condition.
 */
function conditionsOf(
  end: CalicoEntityRule,
  namespace: string | undefined,
): { readonly positive?: SelectorNode; readonly negative?: SelectorNode } {
  const own: SelectorNode[] = [];
  if (end.serviceAccounts !== undefined) own.push(...serviceAccountConditions(end.serviceAccounts));
  if (end.selector !== undefined) own.push(ownCondition(end.selector));
  const not = end.notSelector === undefined ? undefined : ownCondition(end.notSelector);
  const scope: SelectorNode[] = [];
  if (end.namespaceSelector !== undefined) scope.push(namespaceScope(end.namespaceSelector));
  else if (namespace !== undefined && (own.length > 0 || not !== undefined)) scope.push(inNamespace(namespace));
  if (scope.length + own.length === 0) return not === undefined ? {} : { negative: not };
  const exclusion: SelectorNode[] = not === undefined ? [] : [{ op: 'not', operand: not }];
  return { positive: allOf(...own, ...scope, ...exclusion) };
}

function serviceAccountConditions({
  names,
  selector,
}: NonNullable<CalicoEntityRule['serviceAccounts']>): readonly SelectorNode[] {
  const conditions: SelectorNode[] = [];
  if (selector !== undefined) conditions.push(serviceAccountScope(selector));
  if (names.length > 0) conditions.push({ op: 'in', key: SERVICE_ACCOUNT_LABEL, values: [...new Set(names)].sort() });
  return conditions;
}

function numbersOf(ports: readonly (PortRange | string)[]): readonly PortRange[] {
  return ports.filter((port) => typeof port === 'object');
}

function namesOf(ports: readonly (PortRange | string)[]): readonly string[] {
  return [...new Set(ports.filter((port) => typeof port === 'string'))];
}
