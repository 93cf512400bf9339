/** Benchmarks of the iptables backend on the real kernel, in a network namespace of their own. */
import { IptablesBackend } from '@polyplane/backend-iptables';
import { SILENT_LOGGER } from '@polyplane/core';
import { type Measurement, median, residentMegabytes, type Scenario } from './measurement';
import { lacksNamespaces, withNamespaces } from './namespace';
import { fullTransition, oneChange } from './service-ports';

const SERVICES = 10_000;
const CHANGES = 21;

export const iptablesLegacy = variantScenario('legacy', { loadSeconds: 2, changeSeconds: 0.3 });
export const iptablesNft = variantScenario('nft', { loadSeconds: 10, changeSeconds: 0.1 });

function variantScenario(
  variant: 'legacy' | 'nft',
  aims: { readonly loadSeconds: number; readonly changeSeconds: number },
): Scenario {
  return {
    title: `iptables (${variant}): 10,000 services x 4 endpoints`,
    lacks: lacksNamespaces,
    run: () => withNamespaces(1, ([namespace]) => measure(variant, namespace?.path ?? '', aims)),
  };
}

async function measure(
  variant: 'legacy' | 'nft',
  networkNamespace: string,
  aims: { readonly loadSeconds: number; readonly changeSeconds: number },
): Promise<readonly Measurement[]> {
  const backend = new IptablesBackend({ variant });
  const session = await backend.open({ nodeName: 'node-0', networkNamespace, logger: SILENT_LOGGER });
  const applySeconds = async (transition: Parameters<typeof session.plan>[0]): Promise<number> => {
    const start = performance.now();
    await session.apply(session.plan(transition));
    return (performance.now() - start) / 1000;
  };
  try {
    const load = await applySeconds(fullTransition(SERVICES));
    const memory = residentMegabytes();
    const changes: number[] = [];
    for (let index = 0; index < CHANGES; index++) changes.push(await applySeconds(oneChange(index + 2, index * 400)));
    const start = performance.now();
    const drift = await session.audit();
    if (drift.repaired.length > 0) throw new Error(`audit found drift: ${drift.repaired[0]}`);
    return [
      { metric: 'all services loaded', value: load, unit: 's', aim: { atMost: aims.loadSeconds } },
      { metric: 'one service changed, median', value: median(changes), unit: 's', aim: { atMost: aims.changeSeconds } },
      { metric: 'one service changed, slowest', value: Math.max(...changes), unit: 's' },
      { metric: 'audit without drift', value: (performance.now() - start) / 1000, unit: 's' },
      { metric: 'resident memory of this process', value: memory, unit: 'MB' },
    ];
  } finally {
    await session.release('remove');
  }
}
