import { expect } from 'chai';
import { parsePort, TCP, UDP } from '@polyplane/core/backend';
import {
  buildFrontend,
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
} from '@polyplane/core/testing';
import { describeOnKernel } from './testing/on-kernel';
import {
  API,
  API_IP,
  api,
  FAR,
  FAR_IP,
  interfaceOf,
  NODE,
  NODE_IP,
  OPEN,
  SETTINGS,
  SessionBed,
  toFar,
  toWeb,
  VIP,
  WEB,
  WEB_IP,
  web,
} from './testing/session-bed';
import { full } from './testing/transitions';

describeOnKernel('A session with workload policy', (variant) => {
  const bed = SessionBed.inSuite(variant);

  describe('policy', () => {
    it('closes a workload that has neither policy nor profile, and opens nothing else', async () => {
      await bed.enforce(OPEN, buildWorkload('web', WEB_IP), api);
      expect(await bed.ask(API, WEB_IP)).to.equal('timeout');
      expect(await bed.ask(WEB, FAR_IP)).to.equal('timeout');
      expect(await bed.ask(API, FAR_IP)).to.equal(`${FAR} saw ${API_IP}`);
    });

    it('closes an interface of a workload that nothing names', async () => {
      await bed.enforce(OPEN, api);
      expect(await bed.ask(API, WEB_IP)).to.equal('timeout');
      expect(await bed.ask(WEB, API_IP)).to.equal('timeout');
      expect(await bed.ask(WEB, NODE_IP)).to.equal('timeout');
    });

    it('judges both ends of a packet between two workloads of the node', async () => {
      const onlyEgress = buildPolicy('half', { egress: [buildRule('allow')], ingress: [buildRule('deny')] });
      await bed.enforce(OPEN, onlyEgress, buildWorkload('web', WEB_IP, { tiers: [buildTier([onlyEgress])] }), api);
      expect(await bed.ask(WEB, API_IP)).to.equal(`${API} saw ${WEB_IP}`);
      expect(await bed.ask(API, WEB_IP)).to.equal('timeout');
    });

    it('matches ports, sets and their negation', async () => {
      const members = buildIpSet('friends', 'net', [FAR_IP]);
      const named = buildIpSet('named', 'addressPort', [`${WEB_IP},tcp:81`]);
      const policy = buildPolicy('web-in', {
        ingress: [
          buildRule('allow', {
            protocol: TCP,
            source: { ipSets: [ipSetKey('friends')] },
            destination: { ports: ports(80) },
          }),
          buildRule('allow', {
            source: { notIpSets: [ipSetKey('friends')] },
            destination: { namedPorts: [ipSetKey('named')] },
          }),
        ],
      });
      await bed.enforce(
        OPEN,
        members,
        named,
        policy,
        buildWorkload('web', WEB_IP, { tiers: [buildTier([policy])] }),
        api,
      );
      expect(await bed.both(FAR, `${WEB_IP}:80`)).to.deep.equal([`${WEB} saw ${FAR_IP}`, 'timeout']);
      expect(await bed.ask(FAR, `${WEB_IP}:81`)).to.equal('timeout');
      expect(await bed.ask(API, `${WEB_IP}:80`)).to.equal('timeout');
      expect(await bed.both(API, `${WEB_IP}:81`)).to.deep.equal([`${WEB} saw ${API_IP}`, 'timeout']);
    });

    it('goes from tier to tier on pass, and stops at the first that decides', async () => {
      const first = buildPolicy('first', {
        ingress: [
          buildRule('pass', { protocol: TCP, destination: { ports: ports(80) } }),
          buildRule('allow', {
            protocol: TCP,
            destination: { ports: ports([81, 90], [100, 200]), notPorts: ports(82) },
          }),
        ],
      });
      const second = buildPolicy('second', {
        ingress: [buildRule('allow', { source: { nets: nets(`${API_IP}/32`) } })],
      });
      const tiers = [buildTier([first], { name: 'a' }), buildTier([second], { name: 'b' })];
      await bed.enforce(OPEN, first, second, buildWorkload('web', WEB_IP, { tiers }), api);
      expect(await bed.both(API, `${WEB_IP}:80`)).to.deep.equal([`${WEB} saw ${API_IP}`, 'timeout']);
      expect(await bed.ask(FAR, `${WEB_IP}:80`)).to.equal('timeout');
      expect(await bed.ask(FAR, `${WEB_IP}:81`)).to.equal(`${WEB} saw ${FAR_IP}`);
    });

    it('drops spoofed packets', async () => {
      await bed.enforce(
        OPEN,
        buildWorkload('web', '10.65.0.99', { interfaceName: interfaceOf('web'), tiers: web.tiers }),
        api,
      );
      expect(await bed.ask(WEB, FAR_IP)).to.equal('timeout');
    });

    it('lets the host reach its workloads, and keeps workloads from the host unless told otherwise', async () => {
      const closed = buildWorkload('web', WEB_IP);
      await bed.enforce(OPEN, closed, api);
      expect(await bed.ask(NODE, WEB_IP)).to.match(new RegExp(`^${WEB} saw `));
      expect(await bed.ask(API, NODE_IP)).to.equal('timeout');
      const settings = { ...SETTINGS, endpointToHostAction: 'return' } as const;
      await bed.update(settings, OPEN, closed, api);
      expect(await bed.ask(API, NODE_IP)).to.equal(`${NODE} saw ${API_IP}`);
      expect(await bed.ask(WEB, NODE_IP)).to.equal('timeout');
    });

    it('judges a service by the endpoint that it leads to', async () => {
      const policy = buildPolicy('api-out', {
        egress: [buildRule('allow', { destination: { nets: nets(`${FAR_IP}/32`) } })],
      });
      const service = (name: string, address: string, endpoint: typeof toWeb) =>
        buildService(name, [buildFrontend('clusterIp', 8000, address)], [endpoint]);
      await bed.enforce(
        OPEN,
        policy,
        web,
        buildWorkload('api', API_IP, { tiers: [buildTier([policy])] }),
        service('web', VIP, toWeb),
        service('far', '10.96.0.11', toFar),
      );
      expect(await bed.ask(API, `${VIP}:8000`)).to.equal('timeout');
      expect(await bed.ask(API, '10.96.0.11:8000')).to.equal(`${FAR} saw ${API_IP}`);
    });
  });

  describe('established flows', () => {
    const closed = buildPolicy('open', { ingress: [buildRule('deny')], egress: [buildRule('allow')] });
    const flow = { protocol: UDP, sourcePort: parsePort(5353) };

    it('go on when a policy changes', async () => {
      await bed.enforce(OPEN, web, api);
      expect(await bed.ask(API, WEB_IP, flow)).to.equal(`${WEB} saw ${API_IP}`);
      await bed.update(closed, web, api);
      expect(await bed.ask(API, WEB_IP, flow)).to.equal(`${WEB} saw ${API_IP}`);
      expect(await bed.ask(API, WEB_IP)).to.equal('timeout');
    });

    it('are judged anew when that is wanted', async () => {
      const cutting = await bed.openAnother({ establishedOnPolicyChange: 'cut' });
      await cutting.apply(cutting.plan(full(1, [SETTINGS, OPEN, web, api])));
      bed.forgetConnections();
      expect(await bed.ask(API, WEB_IP, flow)).to.equal(`${WEB} saw ${API_IP}`);
      await cutting.apply(cutting.plan(full(2, [SETTINGS, closed, web, api])));
      expect(await bed.ask(API, WEB_IP, flow)).to.equal('timeout');
      await cutting.release('leave');
      await bed.session.audit();
    });

    it('of UDP are taken from endpoints that went while no session was there', async () => {
      const at = (endpoint: typeof toWeb) =>
        buildService('dns', [buildFrontend('clusterIp', 8000, VIP)], [endpoint], { protocol: UDP });
      await bed.enforce(OPEN, web, api, at(toWeb));
      expect(await bed.ask(API, `${VIP}:8000`, flow)).to.equal(`${WEB} saw ${API_IP}`);
      const next = await bed.openAnother();
      await next.apply(next.plan(full(1, [SETTINGS, OPEN, web, api, at(toFar)])));
      expect(await bed.ask(API, `${VIP}:8000`, flow)).to.equal(`${FAR} saw ${API_IP}`);
      await next.release('leave');
      await bed.session.audit();
    });
  });
});
