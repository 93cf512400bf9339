import { expect } from 'chai';
import { type Protocol, parsePort, TCP, UDP } from '@polyplane/core/backend';
import { buildFrontend, buildService, buildServiceEndpoint, nets } from '@polyplane/core/testing';
import { describeOnKernel } from './testing/on-kernel';
import {
  API,
  API_IP,
  api,
  CLIENT,
  CLIENT_IP,
  EXTERNAL_IP,
  FAR,
  NODE,
  NODE_IP,
  OPEN,
  SessionBed,
  toFar,
  toWeb,
  VIP,
  WEB,
  web,
} from './testing/session-bed';

describeOnKernel('A session with services', (variant) => {
  const bed = SessionBed.inSuite(variant);

  const clusterIp = (protocol: Protocol) =>
    buildService(`vip${protocol}`, [buildFrontend('clusterIp', 8000, VIP)], [toWeb], { protocol });

  it('sends a cluster IP to an endpoint and keeps the address of a pod of this node', async () => {
    await bed.enforce(OPEN, web, api, clusterIp(TCP), clusterIp(UDP));
    expect(await bed.both(API, `${VIP}:8000`)).to.deep.equal([`${WEB} saw ${API_IP}`, `${WEB} saw ${API_IP}`]);
  });

  it('translates the source of the host, whose address is none of the pods’', async () => {
    await bed.enforce(OPEN, web, api, clusterIp(TCP));
    expect(await bed.ask(NODE, `${VIP}:8000`)).to.equal(`${WEB} saw ${NODE_IP}`);
  });

  it('lets a pod reach itself through its own service', async () => {
    await bed.enforce(OPEN, web, api, clusterIp(TCP));
    expect(await bed.ask(WEB, `${VIP}:8000`)).to.equal(`${WEB} saw ${NODE_IP}`);
  });

  it('balances over all endpoints', async () => {
    await bed.enforce(OPEN, web, api, buildService('two', [buildFrontend('clusterIp', 8000, VIP)], [toWeb, toFar]));
    const seen = new Set<string>();
    for (let round = 0; round < 40 && seen.size < 2; round++) seen.add(await bed.ask(API, `${VIP}:8000`));
    expect([...seen].sort()).to.deep.equal([`${FAR} saw ${API_IP}`, `${WEB} saw ${API_IP}`]);
  });

  it('keeps a client with its endpoint when affinity is wanted', async () => {
    const options = { affinityTimeoutSeconds: 60 };
    await bed.enforce(
      OPEN,
      web,
      api,
      buildService('two', [buildFrontend('clusterIp', 8000, VIP)], [toWeb, toFar], options),
    );
    const seen = new Set<string>();
    for (let round = 0; round < 12; round++) seen.add(await bed.ask(API, `${VIP}:8000`));
    expect(seen.size).to.equal(1);
  });

  it('refuses a frontend without any endpoint with an ICMP error', async () => {
    await bed.enforce(
      OPEN,
      web,
      api,
      buildService('none', [buildFrontend('clusterIp', 8000, VIP), buildFrontend('nodePort', 30080)], []),
    );
    expect(await bed.ask(API, `${VIP}:8000`)).to.equal('refused');
    expect(await bed.ask(NODE, `${VIP}:8000`)).to.equal('refused');
    expect(await bed.ask(CLIENT, `${NODE_IP}:30080`)).to.equal('refused');
  });

  it('does not refuse what a service sends to a place that another one refuses', async () => {
    await bed.enforce(
      OPEN,
      web,
      api,
      buildService('taken', [buildFrontend('externalIp', 81, NODE_IP)], []),
      buildService('host', [buildFrontend('clusterIp', 8000, VIP)], [buildServiceEndpoint(NODE_IP, 81, true)]),
    );
    expect(await bed.ask(CLIENT, `${NODE_IP}:81`)).to.equal('refused');
    expect(await bed.ask(NODE, `${VIP}:8000`)).to.equal(`${NODE} saw ${NODE_IP}`);
  });

  it('drops what only endpoints elsewhere could serve', async () => {
    const local = { trafficPolicy: 'local' } as const;
    await bed.enforce(
      OPEN,
      web,
      api,
      buildService(
        'elsewhere',
        [buildFrontend('nodePort', 30080, undefined, local), buildFrontend('externalIp', 8000, EXTERNAL_IP, local)],
        [toFar],
      ),
    );
    expect(await bed.ask(CLIENT, `${NODE_IP}:30080`)).to.equal('timeout');
    expect(await bed.ask(CLIENT, `${EXTERNAL_IP}:8000`)).to.equal('timeout');
    // Pods and the node itself are served by the whole cluster.
    expect(await bed.ask(API, `${EXTERNAL_IP}:8000`)).to.equal(`${FAR} saw ${API_IP}`);
    expect(await bed.ask(NODE, `${EXTERNAL_IP}:8000`)).to.equal(`${FAR} saw ${NODE_IP}`);
  });

  it('answers on node ports at the node’s addresses and on localhost, with the source translated', async () => {
    await bed.enforce(OPEN, web, api, buildService('np', [buildFrontend('nodePort', 30080)], [toWeb]));
    expect(await bed.ask(CLIENT, `${NODE_IP}:30080`)).to.equal(`${WEB} saw ${NODE_IP}`);
    expect(await bed.ask(NODE, `${NODE_IP}:30080`)).to.equal(`${WEB} saw ${NODE_IP}`);
    expect(await bed.ask(NODE, '127.0.0.1:30080')).to.match(new RegExp(`^${WEB} saw `));
    expect(await bed.ask(API, `${NODE_IP}:30080`)).to.equal(`${WEB} saw ${NODE_IP}`);
  });

  it('forwards a node port to another node, and the answer finds its way back', async () => {
    await bed.enforce(OPEN, web, api, buildService('np', [buildFrontend('nodePort', 30080)], [toFar]));
    expect(await bed.ask(CLIENT, `${NODE_IP}:30080`)).to.equal(`${FAR} saw ${NODE_IP}`);
  });

  it('keeps the client’s address under traffic policy Local', async () => {
    const local = { trafficPolicy: 'local' } as const;
    await bed.enforce(
      OPEN,
      web,
      api,
      buildService(
        'local',
        [buildFrontend('nodePort', 30080, undefined, local), buildFrontend('loadBalancerIp', 8000, EXTERNAL_IP, local)],
        [toWeb, toFar],
      ),
    );
    expect(await bed.ask(CLIENT, `${NODE_IP}:30080`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
    expect(await bed.ask(CLIENT, `${EXTERNAL_IP}:8000`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
  });

  it('admits to a load-balancer address only its source ranges', async () => {
    const balancer = (range: string) =>
      buildService('lb', [buildFrontend('loadBalancerIp', 8000, EXTERNAL_IP, { sourceRanges: nets(range) })], [toWeb]);
    await bed.enforce(OPEN, web, api, balancer('203.0.113.0/24'));
    expect(await bed.ask(CLIENT, `${EXTERNAL_IP}:8000`)).to.equal(`${WEB} saw ${NODE_IP}`);
    await bed.enforce(OPEN, web, api, balancer('198.51.100.0/24'));
    expect(await bed.ask(CLIENT, `${EXTERNAL_IP}:8000`)).to.equal('timeout');
  });

  it('takes a UDP flow that goes on from an endpoint that went to the one that is there', async () => {
    const at = (endpoint: typeof toWeb) =>
      buildService('dns', [buildFrontend('clusterIp', 8000, VIP)], [endpoint], { protocol: UDP });
    const flow = { protocol: UDP, sourcePort: parsePort(5353) };
    await bed.enforce(OPEN, web, api, at(toWeb));
    expect(await bed.ask(API, `${VIP}:8000`, flow)).to.equal(`${WEB} saw ${API_IP}`);
    await bed.update(OPEN, web, api, at(toFar));
    expect(await bed.ask(API, `${VIP}:8000`, flow)).to.equal(`${FAR} saw ${API_IP}`);
  });
});
