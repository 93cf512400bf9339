import { expect } from 'chai';
import type { ServiceEndpoint } from '@polyplane/core/backend';
import {
  buildFrontend,
  buildPolicy,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildTier,
  buildWorkload,
  nets,
} from '@polyplane/core/testing';
import { describeOnKernel } from './testing/on-kernel';
import {
  API,
  API_IP,
  API_IP6,
  api,
  CLIENT,
  FAR,
  FAR_IP6,
  NODE,
  NODE_IP6,
  OPEN,
  SessionBed,
  VIP6,
  WEB,
  WEB_IP,
  WEB_IP6,
  web,
} from './testing/session-bed';

describeOnKernel('A session with IPv6', (variant) => {
  const bed = SessionBed.inSuite(variant);

  const web6 = buildWorkload('web', [WEB_IP, WEB_IP6], { tiers: web.tiers });
  const api6 = buildWorkload('api', [API_IP, API_IP6], { tiers: api.tiers });
  const toWeb6 = buildServiceEndpoint(WEB_IP6, 80, true);

  it('is policed like IPv4', async () => {
    const onlyFar = buildPolicy('far', {
      ingress: [buildRule('allow', { source: { nets: nets(`${FAR_IP6}/128`) } })],
      egress: [buildRule('allow')],
    });
    await bed.enforce(OPEN, onlyFar, buildWorkload('web', [WEB_IP, WEB_IP6], { tiers: [buildTier([onlyFar])] }), api6);
    expect(await bed.ask(FAR, `[${WEB_IP6}]:80`)).to.equal(`${WEB} saw ${FAR_IP6}`);
    expect(await bed.both(API, `[${WEB_IP6}]:80`)).to.deep.equal(['timeout', 'timeout']);
    expect(await bed.ask(WEB, `[${API_IP6}]:80`)).to.equal(`${API} saw ${WEB_IP6}`);
  });

  it('has services: cluster IP, node port, none', async () => {
    await bed.enforce(
      OPEN,
      web6,
      api6,
      buildService('six', [buildFrontend('clusterIp', 8000, VIP6), buildFrontend('nodePort', 30080)], [toWeb6], {
        family: 6,
      }),
      buildService('none', [buildFrontend('clusterIp', 8001, VIP6)], [], { family: 6 }),
    );
    expect(await bed.ask(API, `[${VIP6}]:8000`)).to.equal(`${WEB} saw ${API_IP6}`);
    expect(await bed.ask(WEB, `[${VIP6}]:8000`)).to.equal(`${WEB} saw ${NODE_IP6}`);
    expect(await bed.ask(CLIENT, `[${NODE_IP6}]:30080`)).to.equal(`${WEB} saw ${NODE_IP6}`);
    // The error comes while `connect` still holds the socket, so it is the second SYN that is refused.
    expect(await bed.ask(API, `[${VIP6}]:8001`, { isAnswerExpected: true })).to.equal('refused');
  });

  it('leaves what the host sends to itself by loopback to the host: no node port answers there', async () => {
    const port81 = (endpoints: readonly ServiceEndpoint[]) =>
      buildService('np', [buildFrontend('nodePort', 81)], endpoints, { family: 6 });
    for (const endpoints of [[toWeb6], []]) {
      await bed.enforce(OPEN, web6, api6, port81(endpoints));
      expect(await bed.ask(NODE, '[::1]:81')).to.equal(`${NODE} saw ::1`);
    }
  });

  it('lets workloads find their neighbours, and closes the host to them', async () => {
    await bed.enforce(OPEN, web6, api6);
    await bed.runOnNode('ip', '-6', 'neighbour', 'flush', 'all');
    expect(await bed.ask(API, `[${WEB_IP6}]:80`)).to.equal(`${WEB} saw ${API_IP6}`);
    expect(await bed.ask(API, `[${NODE_IP6}]:80`)).to.equal('timeout');
  });
});
