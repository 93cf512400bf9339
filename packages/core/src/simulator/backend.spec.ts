import 'reflect-metadata';
import { expect } from 'chai';
import { Container } from 'inversify';
import { DataplaneBackend } from '../backend/backend';
import { SILENT_LOGGER } from '../backend/logger';
import { CoreError } from '../core-error';
import { type Change, type DesiredObject, parseIpAddress, TCP, type Transition } from '../state';
import { buildIpSet, buildProfile, buildRule, buildSettings, buildWorkload, nets } from '../testing/desired-objects';
import { SimulatorBackend, type SimulatorSession } from './backend';
import { simulatorModule } from './module';

const NODE = { nodeName: 'node-1', logger: SILENT_LOGGER };
const OPEN = buildProfile('open', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });
const POD = buildWorkload('a', '10.0.1.1', { profiles: [OPEN.key] });

function full(revision: number, ...objects: readonly DesiredObject[]): Transition {
  return { revision, scope: 'full', isInSync: true, changes: objects.map((object) => ({ op: 'put', object })) };
}

function delta(revision: number, ...changes: readonly Change[]): Transition {
  return { revision, scope: 'delta', isInSync: true, changes };
}

function isOpen(session: SimulatorSession): boolean {
  const packet = { entry: { kind: 'network' }, protocol: TCP } as const;
  const ends = { source: parseIpAddress('203.0.113.9'), destination: parseIpAddress('10.0.1.1') };
  const judgement = session.simulator.judge({ ...packet, ...ends });
  return judgement.verdict === 'allow' && judgement.destinations[0]?.workload === POD.key;
}

describe('SimulatorBackend', () => {
  it('is what its module binds', () => {
    const container = new Container();
    container.load(simulatorModule);
    expect(container.get(DataplaneBackend)).to.be.instanceOf(SimulatorBackend);
    expect(container.get(DataplaneBackend)).to.equal(container.get(DataplaneBackend));
  });

  it('judges by what was applied', async () => {
    const session = await new SimulatorBackend().open(NODE);
    expect(isOpen(session)).to.equal(false);
    await session.apply(session.plan(full(1, buildSettings(), OPEN, POD)));
    expect(isOpen(session)).to.equal(true);
    await session.apply(session.plan(delta(2, { op: 'remove', key: OPEN.key })));
    expect(isOpen(session)).to.equal(false);
  });

  it('plans nothing for what is in force already', async () => {
    const session = await new SimulatorBackend().open(NODE);
    const set = buildIpSet('s', 'net', ['10.0.0.0/8']);
    await session.apply(session.plan(full(1, set, OPEN, POD)));
    expect(session.plan(full(2, set, OPEN, structuredClone(POD))).isEmpty).to.equal(true);
    const members = { op: 'members', key: set.key, added: nets('10.0.0.0/8'), removed: nets('11.0.0.0/8') } as const;
    expect(session.plan(delta(2, members)).isEmpty).to.equal(true);
    expect(session.plan(delta(2, { op: 'remove', key: buildProfile('other', {}).key })).isEmpty).to.equal(true);
  });

  it('prints each change in a line, the removals of a full transition too', async () => {
    const session = await new SimulatorBackend().open(NODE);
    const set = buildIpSet('s', 'net', ['10.0.0.0/8']);
    await session.apply(session.plan(full(1, set, OPEN)));
    const lines = session
      .plan(full(2, { ...set, description: 'new' }))
      .print()
      .split('\n');
    expect(lines[0]).to.match(/^put ipSet\/s \{.*"members":\["10\.0\.0\.0\/8"\]/);
    expect(lines[1]).to.equal('remove profile/open');
    const members = { op: 'members', key: set.key, added: nets('11.0.0.0/8'), removed: nets('10.0.0.0/8') } as const;
    expect(session.plan(delta(2, members)).print()).to.equal('change ipSet/s -10.0.0.0/8 +11.0.0.0/8');
  });

  it('refuses a plan twice, and one made before the last', async () => {
    const session = await new SimulatorBackend().open(NODE);
    const plan = session.plan(full(1, OPEN));
    const older = session.plan(full(1, OPEN));
    await session.apply(plan);
    for (const stale of [plan, older]) {
      const error: unknown = await session.apply(stale).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(CoreError).with.property('code', 'PP_PLAN_STALE');
    }
  });

  it('is adopted by the next session after a release that leaves it, and forgotten after one that removes it', async () => {
    const backend = new SimulatorBackend();
    const first = await backend.open(NODE);
    await first.apply(first.plan(full(1, OPEN, POD)));
    await first.release('leave');
    const second = await backend.open(NODE);
    expect(isOpen(second)).to.equal(true);
    expect(second.plan(full(2, OPEN, POD)).isEmpty).to.equal(true);
    await second.release('remove');
    expect(isOpen(await backend.open(NODE))).to.equal(false);
  });

  it('keeps nodes and network namespaces apart', async () => {
    const backend = new SimulatorBackend();
    const one = await backend.open(NODE);
    await one.apply(one.plan(full(1, OPEN, POD)));
    expect(isOpen(await backend.open({ ...NODE, nodeName: 'node-2' }))).to.equal(false);
    expect(isOpen(await backend.open({ ...NODE, networkNamespace: '/run/netns/x' }))).to.equal(false);
  });
});
