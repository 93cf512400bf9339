/** Random states in force on a real kernel, and random packets sent through it, held against what the simulator says. */
import { createTestbed, type ProbeRequest, type Testbed } from '@polyplane/conformance';
import type { DesiredObject, NodeSettings } from '@polyplane/core/backend';
import { NodeSimulator, type Packet } from '@polyplane/core/simulator';
import { stateOf } from '@polyplane/core/testing';
import { IptablesBackend } from '../backend';
import type { IptablesVariant } from '../kernel/variant';
import type { IptablesSession } from '../session';
import { describeResult, FlowOracle, UNSEEN } from './flow-oracle';
import { contextOf } from './on-kernel';
import { PLACES_TOPOLOGY } from './places-topology';
import { requestOf, sendableFlows } from './sendable-flows';
import { full } from './transitions';

/** A packet of which something else became than the simulator says. */
export interface Disagreement {
  readonly packet: Packet;
  /** Any of these may become of it. */
  readonly predicted: readonly string[];
  readonly observed: string;
}

/** How often a packet that was to be answered is sent again before silence counts: chance, and a busy machine, lose answers. */
const FURTHER_TRIES = 3;

export class DifferentialBed {
  /** Packets sent so far, each once. */
  sentPackets = 0;
  private revision = 0;

  private constructor(
    private readonly testbed: Testbed,
    private readonly session: IptablesSession,
  ) {}

  static async open(variant: IptablesVariant): Promise<DifferentialBed> {
    const testbed = createTestbed(PLACES_TOPOLOGY);
    try {
      const session = await new IptablesBackend({ variant }).open(contextOf(testbed));
      return new DifferentialBed(testbed, session);
    } catch (error) {
      testbed.close();
      throw error;
    }
  }

  /** Puts exactly these objects into force. */
  async enforce(objects: readonly DesiredObject[]): Promise<void> {
    this.revision += 1;
    await this.session.apply(this.session.plan(full(this.revision, objects)));
    // No dataplane turns it off: who asks for a host that does not forward has one.
    const settings = objects.find((object): object is NodeSettings => object.type === 'settings');
    this.testbed.setForwarding('node-1', settings?.isForwarding !== false);
  }

  /** Sends what can be sent of the packets; those of which the kernel made something else than the simulator does of this state. */
  async disagreements(
    objects: readonly DesiredObject[],
    packets: readonly Packet[],
    furtherTries = FURTHER_TRIES,
  ): Promise<readonly Disagreement[]> {
    const oracle = new FlowOracle(new NodeSimulator(stateOf(...objects)), PLACES_TOPOLOGY);
    const flows = sendableFlows(packets).flatMap((packet): readonly Flow[] => {
      const predicted = oracle.outcomesOf(packet);
      return predicted === undefined ? [] : [{ packet, predicted }];
    });
    this.sentPackets += flows.length;
    let wrong = await this.send(flows);
    for (let tries = 0; tries < furtherTries && wrong.some(({ observed }) => observed === SILENCE); tries++) {
      const silent = wrong.filter(({ observed }) => observed === SILENCE);
      const others = wrong.filter(({ observed }) => observed !== SILENCE);
      wrong = [...others, ...(await this.send(silent))];
    }
    return wrong;
  }

  async close(): Promise<void> {
    try {
      await this.session.release('remove');
    } finally {
      this.testbed.close();
    }
  }

  private async send(flows: readonly Flow[]): Promise<readonly Disagreement[]> {
    this.testbed.forgetConnections();
    const results = await this.testbed.probe(flows.map(toRequest));
    return flows.flatMap(({ packet, predicted }, index) => {
      const observed = describeResult(results[index]);
      return isPredicted(predicted, observed) ? [] : [{ packet, predicted, observed }];
    });
  }
}

interface Flow {
  readonly packet: Packet;
  readonly predicted: readonly string[];
}

const SILENCE = 'timeout';

function toRequest({ packet, predicted }: Flow): ProbeRequest {
  const isAnswerExpected = !predicted.includes(SILENCE) && !predicted.includes(UNSEEN);
  return requestOf(packet, isAnswerExpected);
}

/** What nobody sees may be anything but an answer that is not foreseen. */
function isPredicted(predicted: readonly string[], observed: string): boolean {
  return (
    predicted.includes(observed) || (predicted.includes(UNSEEN) && (observed === SILENCE || observed === 'refused'))
  );
}
