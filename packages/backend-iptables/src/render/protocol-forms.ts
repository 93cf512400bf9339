/** Rules as we write them of rules as they are printed, where these differ in a protocol's name alone. */
import { parseProtocol } from '@polyplane/core/backend';
import type { KernelState, TableState } from './program';
import { protocolName } from './rule-text';

/** The state with `-p NAME` in our form. `names`: by name, the number. */
export function withOwnProtocolNames(state: KernelState, names: ReadonlyMap<string, number>): KernelState {
  const own = new Map([...names].map(([name, number]) => [name, protocolName(parseProtocol(number))]));
  const rewrite = (rule: string): string =>
    rule.replace(/(^| )-p (\S+)/, (text, space: string, name: string) => {
      const ours = own.get(name);
      return ours === undefined ? text : `${space}-p ${ours}`;
    });
  const rewriteTable = ({ chains, hooks }: TableState): TableState => ({
    hooks,
    chains: new Map([...chains].map(([name, rules]) => [name, rules.map(rewrite)])),
  });
  const families = [...state.families].map(
    ([family, { raw, mangle, filter, nat }]) =>
      [
        family,
        { raw: rewriteTable(raw), mangle: rewriteTable(mangle), filter: rewriteTable(filter), nat: rewriteTable(nat) },
      ] as const,
  );
  return { ...state, families: new Map(families) };
}
