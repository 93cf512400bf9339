/** Benchmarks of the eBPF backend on the real kernel, in network namespaces of their own: loading services and changing one. */
import { EbpfBackend } from '@polyplane/backend-ebpf';
import { SILENT_LOGGER } from '@polyplane/core';
import { withBpfFileSystem } from './bpf-file-system';
import { type Measurement, median, quantile, residentMegabytes, type Scenario } from './measurement';
import { lacksNamespaces, withNamespaces } from './namespace';
import { fullTransition, oneChange } from './service-ports';

const FEW = 100;
const MANY = 10_000;
const CHANGES = 101;

export const ebpf: Scenario = {
  title: 'eBPF: 10,000 services x 4 endpoints',
  lacks: lacksNamespaces,
  run: () =>
    withNamespaces(2, ([first, second]) =>
      withBpfFileSystem(async (bpfFileSystem) => {
        const few = await measure(FEW, first?.path ?? '', bpfFileSystem);
        const many = await measure(MANY, second?.path ?? '', bpfFileSystem);
        return figuresOf(few, many);
      }),
    ),
};

interface Run {
  readonly loadSeconds: number;
  readonly changes: readonly number[];
  readonly auditSeconds: number;
  readonly megabytes: number;
}

async function measure(services: number, networkNamespace: string, bpfFileSystem: string): Promise<Run> {
  const backend = new EbpfBackend({ bpfFileSystem, isUnfinished: true });
  const session = await backend.open({ nodeName: 'node-0', networkNamespace, logger: SILENT_LOGGER });
  const applySeconds = async (transition: Parameters<typeof session.plan>[0]): Promise<number> => {
    const start = performance.now();
    await session.apply(session.plan(transition));
    return (performance.now() - start) / 1000;
  };
  try {
    // Programs are loaded at the first apply, and interfaces are looked for: neither depends on the services.
    await applySeconds(fullTransition(0));
    const loadSeconds = await applySeconds(fullTransition(services));
    const megabytes = residentMegabytes();
    const changes: number[] = [];
    for (let index = 0; index < CHANGES; index++) {
      changes.push(await applySeconds(oneChange(index + 2, (index * 97) % services)));
    }
    const start = performance.now();
    const drift = await session.audit();
    if (drift.repaired.length > 0) throw new Error(`audit found drift: ${drift.repaired[0]}`);
    return { loadSeconds, changes, auditSeconds: (performance.now() - start) / 1000, megabytes };
  } finally {
    await session.release('remove');
  }
}

function figuresOf(few: Run, many: Run): readonly Measurement[] {
  const change = median(many.changes) * 1000;
  return [
    { metric: 'all services loaded', value: many.loadSeconds, unit: 's', aim: { atMost: 1 } },
    { metric: 'one service changed, median', value: change, unit: 'ms', aim: { atMost: 5 } },
    { metric: 'one service changed, p99', value: quantile(many.changes, 0.99) * 1000, unit: 'ms' },
    {
      metric: `one changed, ${MANY} services to ${FEW}`,
      value: change / (median(few.changes) * 1000),
      unit: 'ratio',
      aim: { atMost: 1.5 },
    },
    { metric: 'audit without drift', value: many.auditSeconds, unit: 's' },
    { metric: 'resident memory of this process', value: many.megabytes, unit: 'MB' },
  ];
}
