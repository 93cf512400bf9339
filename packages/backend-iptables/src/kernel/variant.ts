/** The two ways in which iptables reaches the kernel: which ones a host has, and which one it uses. */
import type { IpFamily } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import { TABLES } from '../render/ruleset';
import { parseIptablesSave } from './save-parser';

export type IptablesVariant = 'nft' | 'legacy';

export const VARIANTS: readonly IptablesVariant[] = ['nft', 'legacy'];

/** `ip6tables-nft-save` and the like. */
export function commandOf(family: IpFamily, variant: IptablesVariant, verb: 'save' | 'restore'): string {
  return `${family === 4 ? 'iptables' : 'ip6tables'}-${variant}-${verb}`;
}

/**
 * Arguments with which `restore` parses and checks, and writes nothing. Legacy takes the lock of the whole host even so, and by itself
 * may give up at once where another namespace's iptables has it: it waits, no longer than any command may take.
 */
export function trialArguments(variant: IptablesVariant): readonly string[] {
  return ['--test', '--noflush', ...(variant === 'legacy' ? ['--wait'] : [])];
}

/** What was found out about one variant. */
export interface VariantFacts {
  readonly variant: IptablesVariant;
  /** Its commands work in this namespace, for IPv4. */
  readonly isUsable: boolean;
  /** Why not. */
  readonly reason: string;
  /** Rules that it holds, whosever they are. */
  readonly ruleCount: number;
}

/** What iptables-nft-save ends with when it meets a rule that it cannot even name. */
export const CANNOT_PRINT = 3;

/**
 * Asks one variant; never rejects. The legacy one is asked by reading alone: a trial registers its empty tables in the namespace, as any
 * use of it does, and then every packet passes them. Who means to use it tries it by {@link chooseVariant}.
 */
export async function readVariant(runner: CommandRunner, variant: IptablesVariant): Promise<VariantFacts> {
  try {
    const saved = await runner.run(commandOf(4, variant, 'save'), []);
    const isPartial = variant === 'nft' && saved.exitCode === CANNOT_PRINT;
    if (saved.exitCode !== 0 && !isPartial) return unusable(variant, saved.stderr);
    const printed = saved.stdout.match(/^-A /gm)?.length ?? 0;
    const isHiding = isPartial || parseIptablesSave(saved.stdout).unread.length > 0;
    const ruleCount = isHiding ? Math.max(printed, await countNativeRules(runner)) : printed;
    const facts: VariantFacts = { variant, isUsable: true, reason: '', ruleCount };
    return variant === 'legacy' ? facts : await tryVariant(runner, facts);
  } catch (error) {
    return unusable(variant, error instanceof Error ? error.message : String(error));
  }
}

/** Rules in tables that iptables cannot print; where there is no nft to count them, at least the one that is in its way. */
async function countNativeRules(runner: CommandRunner): Promise<number> {
  let count = 1;
  for (const table of TABLES) {
    try {
      const { exitCode, stdout } = await runner.run('nft', ['list', 'table', 'ip', table]);
      if (exitCode === 0) count += stdout.match(/^\t\t(?!type )\S/gm)?.length ?? 0;
    } catch {
      // No nft on this host.
      return count;
    }
  }
  return count;
}

/** The facts of a variant that writes, too, as far as a trial shows it. */
async function tryVariant(runner: CommandRunner, facts: VariantFacts): Promise<VariantFacts> {
  const { variant } = facts;
  try {
    const checked = await runner.run(commandOf(4, variant, 'restore'), trialArguments(variant), '*filter\nCOMMIT\n');
    return checked.exitCode === 0 ? facts : unusable(variant, checked.stderr);
  } catch (error) {
    return unusable(variant, error instanceof Error ? error.message : String(error));
  }
}

function unusable(variant: IptablesVariant, reason: string): VariantFacts {
  return { variant, isUsable: false, reason, ruleCount: 0 };
}

/** The variant to use, and what is known of all by then. */
export interface VariantChoice {
  /** Undefined: none works. */
  readonly chosen?: VariantFacts;
  readonly variants: readonly VariantFacts[];
}

/**
 * The variant to use: the one whose rules the host already has more of (kubelet and kube-proxy choose so), else
 * the one that `iptables` itself is.
 */
export async function chooseVariant(
  runner: CommandRunner,
  wanted: 'auto' | IptablesVariant,
  variants: readonly VariantFacts[],
): Promise<VariantChoice> {
  const preferred = await preferredVariant(runner, wanted, variants);
  if (preferred === undefined) return { variants };
  if (preferred.variant !== 'legacy') return { chosen: preferred, variants };
  const tried = await tryVariant(runner, preferred);
  const known = variants.map((facts) => (facts.variant === tried.variant ? tried : facts));
  return tried.isUsable ? { chosen: tried, variants: known } : chooseVariant(runner, wanted, known);
}

async function preferredVariant(
  runner: CommandRunner,
  wanted: 'auto' | IptablesVariant,
  facts: readonly VariantFacts[],
): Promise<VariantFacts | undefined> {
  const usable = facts.filter((fact) => fact.isUsable && (wanted === 'auto' || fact.variant === wanted));
  const [first, second] = usable;
  if (first === undefined || second === undefined) return first;
  if (first.ruleCount !== second.ruleCount) return first.ruleCount > second.ruleCount ? first : second;
  const native = await readNativeVariant(runner);
  return usable.find((fact) => fact.variant === native) ?? first;
}

/** The families whose legacy tables the namespace has: in others nothing of the legacy variant can be. */
export async function readLegacyFamilies(runner: CommandRunner): Promise<readonly IpFamily[]> {
  const families: IpFamily[] = [];
  for (const [family, file] of LEGACY_TABLES) {
    // Absent where the kernel has no legacy tables at all.
    const { stdout } = await runner.run('cat', [file]);
    if (stdout.trim() !== '') families.push(family);
  }
  return families;
}

const LEGACY_TABLES: readonly (readonly [IpFamily, string])[] = [
  [4, '/proc/net/ip_tables_names'],
  [6, '/proc/net/ip6_tables_names'],
];

/** Which variant the plain `iptables` is; undefined when there is none. */
async function readNativeVariant(runner: CommandRunner): Promise<IptablesVariant | undefined> {
  try {
    const { stdout } = await runner.run('iptables', ['-V']);
    return stdout.includes('nf_tables') ? 'nft' : 'legacy';
  } catch {
    // No plain `iptables`: the variants' own commands were found all the same.
    return undefined;
  }
}
