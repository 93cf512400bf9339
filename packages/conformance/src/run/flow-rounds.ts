/** Sends flows so that none meets what connection tracking keeps of one that looks like it on the wire. */
import type { ProbeRequest, ProbeResult } from '../prober/probe';
import type { Testbed } from '../testbed/testbed';

/**
 * Flows that are alike because the probe names its source port go one after the other, and the nodes forget connections in between; all
 * others go at once. Once one of the former got no answer, its result stands for those after it.
 * @returns results in the order of the requests
 * @throws ConformanceError as {@link Testbed.probe} does
 */
export async function sendInRounds(
  testbed: Pick<Testbed, 'probe' | 'forgetConnections'>,
  requests: readonly ProbeRequest[],
): Promise<readonly ProbeResult[]> {
  const flows = requests.map((request, index): Flow => ({ request, key: wireKey(request, index) }));
  const results = new Map<Flow, ProbeResult>();
  const unanswered = new Map<string, ProbeResult>();
  for (const [round, ofRound] of roundsOf(flows).entries()) {
    const open = ofRound.filter(({ key }) => !unanswered.has(key));
    if (open.length === 0) break;
    if (round > 0) testbed.forgetConnections();
    const got = await testbed.probe(open.map(({ request }) => request));
    for (const [index, flow] of open.entries()) {
      const result = got[index] ?? SILENCE;
      results.set(flow, result);
      if (result.outcome !== 'connected') unanswered.set(flow.key, result);
    }
  }
  return flows.map((flow) => results.get(flow) ?? unanswered.get(flow.key) ?? SILENCE);
}

interface Flow {
  readonly request: ProbeRequest;
  /** What connection tracking would know it by. */
  readonly key: string;
}

const SILENCE: ProbeResult = { outcome: 'timeout' };

function wireKey(request: ProbeRequest, index: number): string {
  const { from, sourceAddress, sourcePort, destination, destinationPort, protocol } = request;
  // Without a port of its own it gets one that no other flow has.
  if (sourcePort === undefined) return `flow ${index}`;
  return [from, sourceAddress, sourcePort, destination, destinationPort, protocol].join(' ');
}

function roundsOf(flows: readonly Flow[]): readonly (readonly Flow[])[] {
  const rounds: Flow[][] = [];
  const counts = new Map<string, number>();
  for (const flow of flows) {
    const round = counts.get(flow.key) ?? 0;
    counts.set(flow.key, round + 1);
    rounds[round] = [...(rounds[round] ?? []), flow];
  }
  return rounds;
}
