/** What the kernel holds of ours as lines for people: those of the tools, sorted by name, the same text for the same content. */
import type { KernelState, SetState, TableState } from './program';

/** In the words of iptables: a chain with its rules, and our jumps in the kernel's own chains. */
export function tableLines({ chains, hooks }: TableState): readonly string[] {
  const own = byName(chains).flatMap(([name, rules]) => [`-N ${name}`, ...rules.map((rule) => `-A ${name} ${rule}`)]);
  const jumps = byName(hooks).flatMap(([base, { rules, isFirst }]) =>
    rules.map((rule, index) => (isFirst && index === 0 ? `-I ${base} 1 ${rule}` : `-A ${base} ${rule}`)),
  );
  return [...own, ...jumps];
}

/** In the words of ipset. */
export function setLines(sets: ReadonlyMap<string, SetState>): readonly string[] {
  return byName(sets).flatMap(([name, { type, family, maxElements, members }]) => [
    `create ${name} ${type} family ${family === 4 ? 'inet' : 'inet6'} maxelem ${maxElements}`,
    ...[...members].sort().map((member) => `add ${name} ${member}`),
  ]);
}

/** In the words of sysctl; none for what somebody else set. */
export function settingLines(localnet: KernelState['localnet']): readonly string[] {
  if (localnet === 'ours') return ['net.ipv4.conf.all.route_localnet = 1'];
  return localnet === 'stopped' ? ['net.ipv4.conf.all.route_localnet = 1, which somebody has switched off'] : [];
}

function byName<Name extends string, Value>(entries: ReadonlyMap<Name, Value>): readonly (readonly [Name, Value])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
