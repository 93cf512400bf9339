import { expect } from 'chai';
import { parsePort, UDP } from '@polyplane/core/backend';
import {
  buildFrontend,
  buildPolicy,
  buildPool,
  buildRule,
  buildService,
  buildTier,
  buildWorkload,
  nets,
} from '@polyplane/core/testing';
import { describeOnKernel } from './testing/on-kernel';
import {
  API,
  API_IP,
  API_IP6,
  CLIENT,
  CLIENT_IP,
  CLIENT_IP6,
  EXTERNAL_IP,
  FAR,
  FAR_IP,
  ip,
  NODE,
  NODE_IP,
  NODE_IP6,
  OPEN,
  SessionBed,
  toFar,
  toWeb,
  VIP,
  WEB,
  WEB_IP,
  WEB_IP6,
} from './testing/session-bed';

const FLOATING_IP6 = '2001:db8:f::80';

describeOnKernel('A session that translates addresses', (variant) => {
  const bed = SessionBed.inSuite(variant);

  const tiers = [buildTier([OPEN])];
  const web = buildWorkload('web', [WEB_IP, WEB_IP6], { tiers });
  const api = buildWorkload('api', [API_IP, API_IP6], { tiers });
  const floatingOf = (workload: typeof web, address: string, target: string) => ({
    ...workload,
    floatingAddresses: [{ address: ip(address), target: ip(target) }],
  });
  const floating = floatingOf(web, EXTERNAL_IP, WEB_IP);

  it('leads a floating address to its workload from outside, from pods and from the node, whose addresses it keeps', async () => {
    await bed.enforce(OPEN, floating, api);
    expect(await bed.both(CLIENT, EXTERNAL_IP)).to.deep.equal([`${WEB} saw ${CLIENT_IP}`, `${WEB} saw ${CLIENT_IP}`]);
    expect(await bed.both(API, EXTERNAL_IP)).to.deep.equal([`${WEB} saw ${API_IP}`, `${WEB} saw ${API_IP}`]);
    expect(await bed.ask(NODE, EXTERNAL_IP)).to.equal(`${WEB} saw ${NODE_IP}`);
    await bed.enforce(OPEN, web, api);
    expect(await bed.ask(API, EXTERNAL_IP)).to.not.match(/saw/);
  });

  it('shows a workload that calls its own floating address that address, and by a service the node’s', async () => {
    const service = buildService('vip', [buildFrontend('clusterIp', 8000, VIP)], [toWeb]);
    await bed.enforce(OPEN, floating, api, service);
    expect(await bed.ask(WEB, EXTERNAL_IP)).to.equal(`${WEB} saw ${EXTERNAL_IP}`);
    expect(await bed.ask(WEB, `${VIP}:8000`)).to.equal(`${WEB} saw ${NODE_IP}`);
  });

  it('asks the workload’s policy with its own address', async () => {
    const only = (address: string) =>
      buildPolicy('only', { ingress: [buildRule('allow', { destination: { nets: nets(address) } })] });
    const guarded = { ...floating, tiers: [buildTier([only(WEB_IP)])] };
    await bed.enforce(OPEN, only(WEB_IP), guarded, api);
    expect(await bed.ask(CLIENT, EXTERNAL_IP)).to.equal(`${WEB} saw ${CLIENT_IP}`);
    await bed.enforce(OPEN, only(EXTERNAL_IP), guarded, api);
    expect(await bed.ask(CLIENT, EXTERNAL_IP)).to.equal('timeout');
  });

  it('prefers a floating address to a service’s frontend at the same one, also to one that refuses', async () => {
    const service = (endpoints: readonly (typeof toFar)[]) =>
      buildService('ext', [buildFrontend('externalIp', 80, EXTERNAL_IP)], endpoints);
    for (const endpoints of [[toFar], []]) {
      await bed.enforce(OPEN, floating, api, service(endpoints));
      expect(await bed.ask(CLIENT, EXTERNAL_IP)).to.equal(`${WEB} saw ${CLIENT_IP}`);
    }
  });

  it('takes a flow that goes on along when a floating address moves', async () => {
    const flow = { protocol: UDP, sourcePort: parsePort(5353) };
    await bed.enforce(OPEN, floating, api);
    expect(await bed.ask(CLIENT, EXTERNAL_IP, flow)).to.equal(`${WEB} saw ${CLIENT_IP}`);
    await bed.update(OPEN, web, floatingOf(api, EXTERNAL_IP, API_IP));
    expect(await bed.ask(CLIENT, EXTERNAL_IP, flow)).to.equal(`${API} saw ${CLIENT_IP}`);
  });

  it('masquerades what leaves a pool with natOutgoing for a place outside all pools, and nothing else', async () => {
    const pods = buildPool('pods', '10.65.0.0/16', { natOutgoing: true });
    const elsewhere = buildPool('elsewhere', '203.0.113.0/24');
    await bed.enforce(OPEN, web, api, pods);
    expect(await bed.both(API, CLIENT_IP)).to.deep.equal([`${CLIENT} saw ${NODE_IP}`, `${CLIENT} saw ${NODE_IP}`]);
    expect(await bed.ask(API, FAR_IP)).to.equal(`${FAR} saw ${API_IP}`);
    expect(await bed.ask(API, WEB_IP)).to.equal(`${WEB} saw ${API_IP}`);
    expect(await bed.ask(CLIENT, API_IP)).to.equal(`${API} saw ${CLIENT_IP}`);
    await bed.enforce(OPEN, web, api, pods, elsewhere);
    expect(await bed.ask(API, CLIENT_IP)).to.equal(`${CLIENT} saw ${API_IP}`);
    await bed.enforce(OPEN, web, api, { ...pods, natOutgoing: false });
    expect(await bed.ask(API, CLIENT_IP)).to.equal(`${CLIENT} saw ${API_IP}`);
  });

  it('keeps the source of what a pool sends to a workload of this node outside all pools', async () => {
    await bed.enforce(OPEN, web, api, buildPool('one', `${API_IP}/32`, { natOutgoing: true }));
    expect(await bed.ask(API, WEB_IP)).to.equal(`${WEB} saw ${API_IP}`);
    expect(await bed.ask(API, FAR_IP)).to.equal(`${FAR} saw ${NODE_IP}`);
  });

  it('does both for IPv6, and reads back what it wrote', async () => {
    const pods = buildPool('pods', 'fd00:65::/32', { natOutgoing: true });
    await bed.enforce(OPEN, floatingOf(web, FLOATING_IP6, WEB_IP6), api, pods);
    expect(await bed.ask(API, `[${FLOATING_IP6}]`)).to.equal(`${WEB} saw ${API_IP6}`);
    expect(await bed.ask(WEB, `[${FLOATING_IP6}]`)).to.equal(`${WEB} saw ${FLOATING_IP6}`);
    expect(await bed.ask(API, `[${CLIENT_IP6}]`)).to.equal(`${CLIENT} saw ${NODE_IP6}`);
    expect(await bed.session.audit()).to.deep.equal({ repaired: [] });
  });
});
