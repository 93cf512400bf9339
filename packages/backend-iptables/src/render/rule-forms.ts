/** Forms in which this host's iptables prints rules that we write in another form. */
import type { FamilyState, KernelState, TableState } from './program';
import { type Ruleset, TABLES, type TableRules } from './ruleset';

/**
 * Versions of iptables print some rules differently. A form is learned from a rule that reads the same before and after
 * its chain was written anew; a rule that somebody changed does not.
 */
export class RuleForms {
  /** As printed -> as written. */
  private readonly written = new Map<string, string>();

  /** Learns from what was read before and after `ruleset` was written; the number of forms that are new. */
  learn(before: KernelState, after: KernelState, ruleset: Ruleset): number {
    const known = this.written.size;
    for (const [family, rules] of ruleset.families) {
      const old = before.families.get(family);
      const now = after.families.get(family);
      if (old === undefined || now === undefined) continue;
      for (const table of TABLES) this.learnTable(old[table], now[table], rules[table]);
    }
    return this.written.size - known;
  }

  /** The state with every known form replaced by ours. */
  translate(state: KernelState): KernelState {
    if (this.written.size === 0) return state;
    const families = new Map(
      [...state.families].map(([family, tables]): [typeof family, FamilyState] => [
        family,
        {
          raw: this.translateTable(tables.raw),
          mangle: this.translateTable(tables.mangle),
          filter: this.translateTable(tables.filter),
          nat: this.translateTable(tables.nat),
        },
      ]),
    );
    return { ...state, families };
  }

  private learnTable(before: TableState, after: TableState, wanted: TableRules): void {
    for (const [name, rules] of wanted.chains) {
      const old = before.chains.get(name);
      const now = after.chains.get(name);
      if (old === undefined || now?.length !== rules.length) continue;
      rules.forEach((rule, index) => {
        const printed = now[index];
        if (printed !== undefined && printed !== rule && printed === old[index]) this.written.set(printed, rule);
      });
    }
  }

  private translateTable(table: TableState): TableState {
    const chains = new Map<string, readonly string[]>();
    for (const [name, rules] of table.chains)
      chains.set(
        name,
        rules.map((rule) => this.written.get(rule) ?? rule),
      );
    return { ...table, chains };
  }
}
