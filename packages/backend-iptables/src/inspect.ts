/** What is in force of this backend in a network namespace, in any variant, beside what a session would put in force. */
import type { InspectedPart, Inspection, IpFamily } from '@polyplane/core/backend';
import type { KernelDataplane } from './kernel/dataplane';
import { readProtocolNames } from './kernel/protocol-names';
import { EMPTY_FAMILY_STATE, type KernelState, stateAfter } from './render/program';
import { withOwnProtocolNames } from './render/protocol-forms';
import { type Ruleset, TABLES } from './render/ruleset';
import { setLines, settingLines, tableLines } from './render/state-lines';

/** One variant of iptables on the host, and what would be in force in it. */
export interface InspectedVariant {
  readonly dataplane: KernelDataplane;
  readonly wanted: Ruleset;
}

/**
 * Sets and settings belong to the namespace, not to a variant: what the first of `variants` has and wants of them counts.
 * @throws IptablesError PP_IPTABLES_READ_FAILED, PP_IPTABLES_READ_INCOMPATIBLE
 */
export async function inspectVariants(variants: readonly InspectedVariant[]): Promise<Inspection> {
  const names = await readProtocolNames();
  const tables: InspectedPart[] = [];
  const others: InspectedPart[] = [];
  for (const variant of variants) {
    const inForce = withOwnProtocolNames(await variant.dataplane.read(variant.wanted), names);
    variant.dataplane.assertReadable();
    const wanted = stateAfter(inForce, variant.wanted);
    tables.push(...([4, 6] as const).flatMap((family) => tableParts(family, variant, inForce, wanted)));
    if (variant !== variants[0]) continue;
    others.push(
      { name: 'ipset', inForce: setLines(inForce.sets), wanted: setLines(wanted.sets) },
      { name: 'sysctl', inForce: settingLines(inForce.localnet), wanted: settingLines(wanted.localnet) },
    );
  }
  return { parts: [...tables, ...others].filter(({ inForce, wanted }) => inForce.length + wanted.length > 0) };
}

function tableParts(
  family: IpFamily,
  { dataplane: { variant } }: InspectedVariant,
  inForce: KernelState,
  wanted: KernelState,
): readonly InspectedPart[] {
  const before = inForce.families.get(family) ?? EMPTY_FAMILY_STATE;
  const after = wanted.families.get(family) ?? EMPTY_FAMILY_STATE;
  return TABLES.map((table) => ({
    name: `${family === 4 ? 'iptables' : 'ip6tables'}-${variant} ${table}`,
    inForce: tableLines(before[table]),
    wanted: tableLines(after[table]),
  }));
}
