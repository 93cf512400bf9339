import { expect } from 'chai';
import fc from 'fast-check';
import { type DesiredState, familyOf, type IpFamily, parseIpAddress } from '@polyplane/core/backend';
import { NodeSimulator, type Packet } from '@polyplane/core/simulator';
import { stateOf } from '@polyplane/core/testing';
import { IptablesBackend } from '../backend';
import { arbitraryPacket } from '../testing/arbitrary-packets';
import { arbitraryState } from '../testing/arbitrary-states';
import { formatAllowed, type ModelPacket, NetfilterModel } from '../testing/netfilter-model';
import { contextOf, describeOnKernel, emptyTestbed } from '../testing/on-kernel';
import { FAMILIES, NODE, UPLINK } from '../testing/places';
import { SOAK } from '../testing/soak';
import { full } from '../testing/transitions';
import { DEFAULT_MARK_MASK, marksOf } from './marks';
import { Renderer } from './render';

describe('The rendered rules', () => {
  it('do to every packet what the simulator says', function () {
    this.timeout(300_000 * SOAK);
    fc.assert(
      fc.property(arbitraryState, fc.array(arbitraryPacket, { minLength: 10, maxLength: 30 }), (objects, packets) => {
        const state = stateOf(...objects);
        const oracle = new NodeSimulator(state);
        const models = modelsOf(state);
        for (const packet of packets) {
          expect(
            models[familyOf(packet.source)].outcomes(enteringPacket(packet)),
            describePacket(packet),
          ).to.deep.equal(predictedOutcomes(oracle, packet));
        }
      }),
      { numRuns: 400 * SOAK },
    );
  });
});

describeOnKernel('The rendered rules', (variant) => {
  it('are taken and read back as they are written', async function () {
    this.timeout(300_000 * SOAK);
    const testbed = emptyTestbed(NODE[4]);
    try {
      const session = await new IptablesBackend({ variant }).open(contextOf(testbed));
      let revision = 0;
      await fc.assert(
        fc.asyncProperty(arbitraryState, async (objects) => {
          revision += 1;
          await session.apply(session.plan(full(revision, objects)));
          expect(await session.audit()).to.deep.equal({ repaired: [] });
        }),
        { numRuns: 60 * SOAK },
      );
    } finally {
      testbed.close();
    }
  });
});

/** Every way a packet can go, as text: `allow 10.0.0.2:80 masqueraded`, `drop`, `reject`; sorted, each once. */
function predictedOutcomes(oracle: NodeSimulator, packet: Packet): readonly string[] {
  const { verdict, destinations } = oracle.judge(packet);
  if (destinations.length === 0) return [verdict === 'deny' ? 'drop' : verdict];
  const outcomes = destinations.map(({ address, port, verdict: own, isMasqueraded, source }) =>
    own === 'allow'
      ? formatAllowed(address, port, isMasqueraded, source === packet.source ? undefined : source)
      : own === 'deny'
        ? 'drop'
        : own,
  );
  return [...new Set(outcomes)].sort();
}

function modelsOf(state: DesiredState): Readonly<Record<IpFamily, NetfilterModel>> {
  const marks = marksOf(DEFAULT_MARK_MASK);
  if (marks === undefined) throw new Error('the default mask has too few bits');
  const addresses = FAMILIES.map((family) => parseIpAddress(NODE[family]));
  const ruleset = new Renderer(marks, FAMILIES).render(state, new Map([[UPLINK, addresses]]));
  const modelOf = (family: IpFamily) => new NetfilterModel(ruleset, family, state, { addresses, uplink: UPLINK });
  return { 4: modelOf(4), 6: modelOf(6) };
}

function enteringPacket({ entry, ...packet }: Packet): ModelPacket {
  if (entry.kind === 'host') return packet;
  return { ...packet, inInterface: entry.kind === 'network' ? UPLINK : `cali-${entry.workload.split('/').pop()}` };
}

function describePacket(packet: Packet): string {
  return JSON.stringify(packet);
}
