import { expect } from 'chai';
import { type ServicePort, UDP } from '@polyplane/core/backend';
import { buildFrontend, buildService, buildServiceEndpoint, buildWorkload } from '@polyplane/core/testing';
import { describeOnKernel } from './testing/on-kernel';
import {
  API,
  API_IP,
  API_IP6,
  api,
  CLIENT,
  EXTERNAL_IP,
  FAR,
  FAR_IP6,
  NODE_IP,
  NODE_IP6,
  OPEN,
  SETTINGS,
  SessionBed,
  toFar,
  toWeb,
  VIP,
  VIP6,
  WEB,
  WEB_IP,
  web,
} from './testing/session-bed';
import { full } from './testing/transitions';

const FRONTENDS = [
  buildFrontend('clusterIp', 53, VIP),
  buildFrontend('externalIp', 53, EXTERNAL_IP),
  buildFrontend('nodePort', 30053),
];
const PORTS = Array.from({ length: 12 }, (_, index) => 41001 + index);
/** As many clients as not to meet one of two endpoints alone. */
const MANY_PORTS = Array.from({ length: 40 }, (_, index) => 42001 + index);

describeOnKernel('UDP flows of clients that keep their ports', (variant) => {
  const bed = SessionBed.inSuite(variant);
  beforeEach(() => bed.forgetConnections());

  const dns = (endpoints: ServicePort['clusterEndpoints'], more: Partial<ServicePort> = {}) =>
    buildService('dns', FRONTENDS, endpoints, { protocol: UDP, ...more });
  const update = (service: ServicePort) => bed.update(OPEN, web, api, service);
  const ask = () => bed.answers(API, `${VIP}:53`, MANY_PORTS);

  it('stay where they are when a session takes over what an earlier one left', async () => {
    await update(dns([toWeb, toFar]));
    const before = await ask();
    expect([...new Set(before)].sort()).to.deep.equal([`${FAR}:80`, `${WEB}:80`]);
    const another = await bed.openAnother();
    await another.apply(another.plan(full(1, [SETTINGS, OPEN, web, api, dns([toWeb, toFar])])));
    await another.release('leave');
    expect(await ask()).to.deep.equal(before);
  });

  it('stay with an endpoint that serves and takes no new ones, and leave it when it is gone', async () => {
    await update(dns([toWeb, toFar]));
    const before = await ask();
    await update(dns([toFar], { otherServingEndpoints: [toWeb] }));
    expect(await ask()).to.deep.equal(before);
    await update(dns([toFar]));
    expect([...new Set(await ask())]).to.deep.equal([`${FAR}:80`]);
  });

  it('stay where the service gets another name', async () => {
    await update(dns([toWeb, toFar]));
    const before = await ask();
    await update(buildService('other', FRONTENDS, [toWeb, toFar], { protocol: UDP }));
    expect(await ask()).to.deep.equal(before);
  });

  const ways = [
    ['a cluster IP', API, `${VIP}:53`],
    ['an external IP', CLIENT, `${EXTERNAL_IP}:53`],
    ['a node port', CLIENT, `${NODE_IP}:30053`],
  ] as const;
  for (const [what, from, to] of ways) {
    it(`follow the endpoint to another port, and to another endpoint, through ${what}`, async () => {
      const answers = async () => [...new Set(await bed.answers(from, to, PORTS))];
      await update(dns([toWeb]));
      expect(await answers()).to.deep.equal([`${WEB}:80`]);
      await update(dns([buildServiceEndpoint(WEB_IP, 81, true)]));
      expect(await answers()).to.deep.equal([`${WEB}:81`]);
      await update(dns([]));
      expect(await answers()).to.deep.equal(['refused']);
      await update(dns([toFar]));
      expect(await answers()).to.deep.equal([`${FAR}:80`]);
    });
  }

  it('do the same on IPv6', async () => {
    const frontends = [buildFrontend('clusterIp', 53, VIP6), buildFrontend('nodePort', 30054)];
    const six = (...endpoints: ServicePort['clusterEndpoints']) =>
      buildService('six', frontends, endpoints, { protocol: UDP, family: 6 });
    const answers = async () => [
      ...new Set([
        ...(await bed.answers(API, `[${VIP6}]:53`, PORTS)),
        ...(await bed.answers(CLIENT, `[${NODE_IP6}]:30054`, PORTS)),
      ]),
    ];
    const api6 = buildWorkload('api', [API_IP, API_IP6], { tiers: api.tiers });
    await bed.update(OPEN, api6, six(buildServiceEndpoint(FAR_IP6, 80, false)));
    expect(await answers()).to.deep.equal([`${FAR}:80`]);
    await bed.update(OPEN, api6, six(buildServiceEndpoint(FAR_IP6, 81, false)));
    expect(await answers()).to.deep.equal([`${FAR}:81`]);
  });

  it('that pass through to another machine by the number of a node port go on', async () => {
    await update(dns([]));
    const far = () => bed.answers(API, `172.18.0.3:80`, [43001]);
    expect(await far()).to.deep.equal(['node:n2:80']);
    await update(buildService('dns', [buildFrontend('nodePort', 80)], [toWeb], { protocol: UDP }));
    expect(await far()).to.deep.equal(['node:n2:80']);
  });
});
