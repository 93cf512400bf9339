/** Reads what the tables of one family hold of ours, whatever else stands in them. */
import type { IpFamily } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import { IptablesError } from '../iptables-error';
import type { FamilyState, TableState } from '../render/program';
import { type FamilyRules, TABLES, type TableName } from '../render/ruleset';
import { ForeignTableReader } from './foreign-table-reader';
import { readError } from './read-error';
import { parseIptablesSave, type SavedFamily } from './save-parser';
import { CANNOT_PRINT, commandOf, type IptablesVariant } from './variant';

/** A table that holds a rule which iptables cannot print. */
export interface ForeignTable {
  readonly family: IpFamily;
  readonly table: TableName;
  /** Why not all of ours in it could be read; absent: all was, by other means. */
  readonly blindness?: string;
}

export interface FamilyReading {
  readonly tables: FamilyState;
  readonly foreign: readonly ForeignTable[];
}

export class TableReader {
  private readonly foreignTables: ForeignTableReader;

  constructor(
    private readonly runner: CommandRunner,
    private readonly variant: IptablesVariant,
  ) {
    this.foreignTables = new ForeignTableReader(runner);
  }

  /**
   * @param known chains that may be there: all that is asked for where nobody lists them
   * @throws IptablesError PP_IPTABLES_READ_FAILED
   */
  async read(family: IpFamily, known: FamilyRules): Promise<FamilyReading> {
    const { tables, unread } = await this.readSaved(family);
    if (unread.length === 0) return { tables, foreign: [] };
    // Legacy tables hold what iptables-legacy made, and nothing else.
    if (this.variant === 'legacy') throw cutShort(commandOf(family, this.variant, 'save'), unread);
    const all: Record<TableName, TableState> = { ...tables };
    const foreign: ForeignTable[] = [];
    for (const table of unread) {
      const { state, blindness } = await this.foreignTables.read(family, table, [...known[table].chains.keys()]);
      all[table] = state;
      foreign.push({ family, table, ...(blindness !== undefined && { blindness }) });
    }
    return { tables: all, foreign };
  }

  private async readSaved(family: IpFamily): Promise<SavedFamily> {
    const command = commandOf(family, this.variant, 'save');
    const result = await this.runner.run(command, []);
    if (result.exitCode === 0) return parseIptablesSave(result.stdout);
    if (result.exitCode !== CANNOT_PRINT || this.variant === 'legacy') throw readError(command, result);
    return this.readSavedOneByOne(family);
  }

  /** It gave up at one table; the others can be printed. */
  private async readSavedOneByOne(family: IpFamily): Promise<SavedFamily> {
    const command = commandOf(family, this.variant, 'save');
    const texts: string[] = [];
    const unread: TableName[] = [];
    for (const table of TABLES) {
      const result = await this.runner.run(command, ['-t', table]);
      if (result.exitCode === 0) texts.push(result.stdout);
      else if (result.exitCode === CANNOT_PRINT) unread.push(table);
      else throw readError(command, result);
    }
    const saved = parseIptablesSave(texts.join('\n'));
    return { tables: saved.tables, unread: [...saved.unread, ...unread] };
  }
}

function cutShort(command: string, tables: readonly TableName[]): IptablesError {
  return new IptablesError('PP_IPTABLES_READ_FAILED', `${command} ended before the end of ${tables.join(', ')}`, {
    isRetriable: true,
  });
}
