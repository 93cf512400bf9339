/** Random clusters in force on a real kernel, held against the simulator with real packets from pods, the host and outside. */
import { expect } from 'chai';
import fc from 'fast-check';
import { parseIpAddress } from '@polyplane/core/backend';
import { buildSettings, buildTier, buildWorkload } from '@polyplane/core/testing';
import { arbitraryPacket } from './testing/arbitrary-packets';
import { arbitraryState } from './testing/arbitrary-states';
import { DifferentialBed } from './testing/differential-bed';
import { describeOnKernel } from './testing/on-kernel';
import { FAMILIES, NODE, WORKLOADS } from './testing/places';
import { OPEN } from './testing/session-bed';
import { CLUSTERS, SEED } from './testing/soak';

const SECONDS_PER_CLUSTER = 20;

describeOnKernel('Any cluster', (variant) => {
  let bed: DifferentialBed;
  before(async () => {
    bed = await DifferentialBed.open(variant);
  });
  after(() => bed.close());

  it('does to packets of every kind of sender what the simulator says', async function () {
    this.timeout((60 + CLUSTERS * SECONDS_PER_CLUSTER) * 1000);
    const property = fc.asyncProperty(
      arbitraryState,
      fc.array(arbitraryPacket, { minLength: 30, maxLength: 60 }),
      async (objects, packets) => {
        await bed.enforce(objects);
        expect(await bed.disagreements(objects, packets)).to.deep.equal([]);
      },
    );
    await fc.assert(property, { numRuns: CLUSTERS, ...(SEED === undefined ? {} : { seed: SEED }) });
    if (SEED !== undefined) console.log(`${CLUSTERS} clusters of seed ${SEED}, ${bed.sentPackets} packets: all agree`);
  });

  it('would be told apart from another', async () => {
    const settings = buildSettings({ nodeAddresses: FAMILIES.map((family) => parseIpAddress(NODE[family])) });
    const addresses = Object.values(WORKLOADS.web);
    const open = [settings, OPEN, buildWorkload('web', addresses, { tiers: [buildTier([OPEN])] })];
    const closed = [settings, buildWorkload('web', addresses)];
    const packets = fc.sample(arbitraryPacket, { numRuns: 200, seed: 1 });
    await bed.enforce(open);
    expect(await bed.disagreements(open, packets)).to.deep.equal([]);
    const observed = (await bed.disagreements(closed, packets, 0)).map((disagreement) => disagreement.observed);
    expect(observed.some((text) => text.startsWith('pod:default/web answers'))).to.equal(true);
    await bed.enforce(closed);
    expect((await bed.disagreements(open, packets, 0)).map((disagreement) => disagreement.observed)).to.include(
      'timeout',
    );
  }).timeout(60_000);
});
