/** A node under the session's rules on which policy programs are put into force and their packets sent. */
import {
  createTestbed,
  type HostName,
  type ListeningPort,
  type ProbeRequest,
  type ProbeResult,
  type Testbed,
  type Topology,
} from '@polyplane/conformance';
import type { DesiredObject, IpAddress } from '@polyplane/core/backend';
import { IptablesBackend } from '../backend';
import type { IptablesVariant } from '../kernel/variant';
import type { IptablesSession } from '../session';
import { contextOf } from './on-kernel';
import { full } from './transitions';

/** A packet of a program: who sends it, what it is, and who must have it if it goes through. */
export interface FelixPacket {
  readonly request: Required<Pick<ProbeRequest, 'from' | 'sourceAddress' | 'destination' | 'protocol'>> &
    Pick<ProbeRequest, 'sourcePort' | 'destinationPort'>;
  /** Where it arrives, after translation. */
  readonly arrival: { readonly host: HostName; readonly address: IpAddress; readonly listening: ListeningPort };
  readonly verdict: 'allow' | 'deny';
}

export class FelixBed {
  private revision = 0;

  private constructor(
    private readonly testbed: Testbed,
    private readonly session: IptablesSession,
  ) {}

  /** A testbed whose node is `n1`. */
  static async open(variant: IptablesVariant, topology: Omit<Topology, 'ports'>): Promise<FelixBed> {
    const testbed = createTestbed({ ...topology, ports: [] });
    try {
      return new FelixBed(testbed, await new IptablesBackend({ variant }).open(contextOf(testbed, 'n1')));
    } catch (error) {
      testbed.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.session.release('remove');
    } finally {
      this.testbed.close();
    }
  }

  /** Puts exactly these objects into force. */
  async enforce(objects: readonly DesiredObject[]): Promise<void> {
    this.revision += 1;
    await this.session.apply(this.session.plan(full(this.revision, objects)));
  }

  /** What became of each packet, in their order: `allow` and `deny`, or what else came of it. */
  async send(packets: readonly FelixPacket[]): Promise<readonly string[]> {
    const outcomes = new Map<FelixPacket, string>();
    for (const group of separate(packets)) {
      this.testbed.setPorts(distinctPorts(group));
      this.testbed.forgetConnections();
      const results = await this.testbed.probe(
        group.map(({ request, verdict }) => ({ ...request, isAnswerExpected: verdict === 'allow' })),
      );
      for (const [index, packet] of group.entries()) outcomes.set(packet, outcomeOf(packet, results[index]));
    }
    return packets.map((packet) => outcomes.get(packet) ?? 'not sent');
  }
}

function distinctPorts(packets: readonly FelixPacket[]): readonly ListeningPort[] {
  const ports = packets.map(({ arrival }) => arrival.listening);
  return [...new Map(ports.map((listening) => [`${listening.protocol} ${listening.port}`, listening])).values()];
}

function outcomeOf({ arrival }: FelixPacket, result: ProbeResult | undefined): string {
  if (result?.outcome === 'timeout') return 'deny';
  if (result?.outcome !== 'connected') return JSON.stringify(result);
  const isThere = result.by === arrival.host && result.at.address === arrival.address;
  return isThere ? 'allow' : `answered by ${result.by} at ${result.at.address}`;
}

/** Groups in which no packet is another's reply to connection tracking, and no port is both listened on and sent from. */
function separate(packets: readonly FelixPacket[]): readonly (readonly FelixPacket[])[] {
  const groups: FelixPacket[][] = [];
  for (const packet of packets) {
    const group = groups.find((members) => !members.some((member) => disturbs(member, packet)));
    if (group === undefined) groups.push([packet]);
    else group.push(packet);
  }
  return groups;
}

function disturbs(one: FelixPacket, other: FelixPacket): boolean {
  if (one.request.protocol !== other.request.protocol) return false;
  const isReverse =
    one.request.sourceAddress === other.arrival.address && other.request.sourceAddress === one.arrival.address;
  return isReverse || sendsFromPortOf(one, other) || sendsFromPortOf(other, one);
}

function sendsFromPortOf({ request }: FelixPacket, { arrival }: FelixPacket): boolean {
  return request.sourcePort !== undefined && request.sourcePort === arrival.listening.port;
}
