/** A plan as text for people: what each tool is told, in order. */
import type { FlowFilter, ServedPlace, ServedPlaces } from '@polyplane/core/backend';
import { formatRemoval } from '@polyplane/linux';
import { conntrackFilterOf } from './kernel/linux';
import type { Program } from './render/program';

/** What a plan has the tools do. */
export interface PlannedWork {
  readonly program: Program;
  /** Connection tracking entries that lead to where nothing is any more. */
  readonly flows: readonly FlowFilter[];
  /** Where the UDP flows that are tracked are held against who serves. */
  readonly places: ServedPlaces;
}

export function formatPlan({ program, flows, places }: PlannedWork): string {
  const parts = [
    program.localnet === 'off' ? `# sysctl\nnet.ipv4.conf.all.route_localnet = 0\n` : '',
    program.setsBefore === '' ? '' : `# ipset restore\n${program.setsBefore}`,
    program.jumpsBefore === '' ? '' : `# nft\n${program.jumpsBefore}`,
    ...program.restores.map(
      ({ family, text }) => `# ${family === 4 ? 'iptables' : 'ip6tables'}-restore --noflush\n${text}`,
    ),
    program.jumpsAfter === '' ? '' : `# nft\n${program.jumpsAfter}`,
    program.localnet === 'on' ? `# sysctl\nnet.ipv4.conf.all.route_localnet = 1\n` : '',
    program.setsAfter === '' ? '' : `# ipset restore\n${program.setsAfter}`,
    ...[...places.values()].map(formatPlace),
    ...flows.map((flow) => `conntrack ${formatRemoval(conntrackFilterOf(flow)).join(' ')}\n`),
  ];
  return parts.join('');
}

/** Which flows there are is seen when the plan is applied. */
function formatPlace({ family, address, port, endpoints }: ServedPlace): string {
  const place = address ?? `the node's IPv${family} addresses`;
  const fate = endpoints.size === 0 ? 'end' : `lead to one of ${endpoints.size} endpoints that serve, or end`;
  return `# conntrack: UDP flows to ${place}, port ${port}, ${fate}\n`;
}
