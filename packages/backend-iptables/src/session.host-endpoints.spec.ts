import { expect } from 'chai';
import { type InterfaceName, parsePort, TCP, UDP } from '@polyplane/core/backend';
import {
  buildFrontend,
  buildHostEndpoint,
  buildPolicy,
  buildRule,
  buildService,
  buildTier,
  buildWorkload,
  ports,
} from '@polyplane/core/testing';
import { describeOnKernel } from './testing/on-kernel';
import {
  API,
  api,
  CLIENT,
  CLIENT_IP,
  CLIENT_IP6,
  ip,
  NODE,
  NODE_IP,
  NODE_IP6,
  OPEN,
  SETTINGS,
  SessionBed,
  toWeb,
  WEB,
  WEB_IP,
  web,
} from './testing/session-bed';

describeOnKernel('A session with host endpoints', (variant) => {
  const bed = SessionBed.inSuite(variant);

  const onUplink = { scope: { kind: 'interface', interfaceName: 'eth0' as InterfaceName } } as const;
  const allow80 = buildPolicy('host-80', {
    ingress: [buildRule('allow', { protocol: TCP, destination: { ports: ports(80) } })],
    egress: [buildRule('allow', { protocol: TCP, destination: { ports: ports(80) } })],
  });
  const nodePort = buildService('np', [buildFrontend('nodePort', 30080)], [toWeb]);

  it('closes the host’s own traffic but for what a policy allows, and not what the host forwards', async () => {
    await bed.enforce(
      OPEN,
      allow80,
      web,
      api,
      buildHostEndpoint('host', { ...onUplink, tiers: [buildTier([allow80])] }),
    );
    expect(await bed.ask(CLIENT, NODE_IP)).to.equal(`${NODE} saw ${CLIENT_IP}`);
    expect(await bed.ask(CLIENT, `${NODE_IP}:81`)).to.equal('timeout');
    expect(await bed.ask(NODE, CLIENT_IP)).to.equal(`${CLIENT} saw ${NODE_IP}`);
    expect(await bed.ask(NODE, `${CLIENT_IP}:81`)).to.equal('timeout');
    expect(await bed.ask(CLIENT, `${WEB_IP}:81`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
    expect(await bed.ask(NODE, `${WEB_IP}:81`)).to.match(new RegExp(`^${WEB} saw `));
  });

  it('finds the interface by its expected address', async () => {
    const expected = { scope: { kind: 'addresses' }, expectedAddresses: [ip(NODE_IP)] } as const;
    await bed.enforce(OPEN, web, api, buildHostEndpoint('host', expected));
    expect(await bed.ask(CLIENT, NODE_IP)).to.equal('timeout');
  });

  it('keeps failsafe ports open', async () => {
    const settings = {
      ...SETTINGS,
      failsafeInbound: [{ protocol: TCP, ports: { first: parsePort(81), last: parsePort(81) } }],
      failsafeOutbound: [{ protocol: UDP, ports: { first: parsePort(80), last: parsePort(80) } }],
    };
    await bed.enforce(settings, web, buildHostEndpoint('host', onUplink));
    expect(await bed.ask(CLIENT, `${NODE_IP}:81`)).to.equal(`${NODE} saw ${CLIENT_IP}`);
    expect(await bed.ask(CLIENT, `${NODE_IP}:80`)).to.equal('timeout');
    expect(await bed.both(NODE, CLIENT_IP)).to.deep.equal(['timeout', `${CLIENT} saw ${NODE_IP}`]);
  });

  it('judges what the host forwards by forward policies, on every interface if so wanted', async () => {
    const host = buildHostEndpoint('host', { forwardTiers: [buildTier([allow80])], tiers: [buildTier([OPEN])] });
    await bed.enforce(OPEN, allow80, web, api, host);
    expect(await bed.ask(CLIENT, `${WEB_IP}:80`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
    expect(await bed.ask(CLIENT, `${WEB_IP}:81`)).to.equal('timeout');
    expect(await bed.ask(API, `${WEB_IP}:81`)).to.equal('timeout');
    expect(await bed.ask(CLIENT, `${NODE_IP}:81`)).to.equal(`${NODE} saw ${CLIENT_IP}`);
  });

  it('does not let a forward policy open a closed workload', async () => {
    await bed.enforce(
      OPEN,
      buildWorkload('web', WEB_IP),
      buildHostEndpoint('host', { forwardTiers: [buildTier([OPEN])] }),
    );
    expect(await bed.ask(CLIENT, WEB_IP)).to.equal('timeout');
  });

  it('judges by pre-DNAT policy what the client dialed', async () => {
    const preDnat = buildPolicy(
      'pre',
      {
        ingress: [
          buildRule('allow', { protocol: TCP, destination: { ports: ports(81) } }),
          buildRule('deny', { protocol: TCP, destination: { ports: ports(30080, 80) } }),
        ],
      },
      { stage: 'preDnat' },
    );
    await bed.enforce(
      OPEN,
      preDnat,
      nodePort,
      web,
      api,
      buildHostEndpoint('host', { ...onUplink, preDnatTiers: [buildTier([preDnat])] }),
    );
    expect(await bed.ask(CLIENT, `${NODE_IP}:30080`)).to.equal('timeout');
    expect(await bed.ask(CLIENT, `${WEB_IP}:80`)).to.equal('timeout');
    // What a pre-DNAT policy allows, the host's (here closed) normal policy is not asked about.
    expect(await bed.ask(CLIENT, `${NODE_IP}:81`)).to.equal(`${NODE} saw ${CLIENT_IP}`);
    expect(await bed.ask(CLIENT, `${WEB_IP}:81`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
  });

  it('takes untracked traffic past connection tracking, both ways', async () => {
    const untracked = buildPolicy(
      'untracked',
      {
        ingress: [
          buildRule('allow', { protocol: TCP, destination: { ports: ports(80) } }),
          buildRule('deny', { protocol: UDP }),
        ],
        egress: [buildRule('allow', { protocol: TCP, source: { ports: ports(80) } })],
      },
      { stage: 'untracked' },
    );
    await bed.enforce(
      OPEN,
      untracked,
      web,
      api,
      buildHostEndpoint('host', { ...onUplink, untrackedTiers: [buildTier([untracked])] }),
    );
    expect(await bed.both(CLIENT, NODE_IP)).to.deep.equal([`${NODE} saw ${CLIENT_IP}`, 'timeout']);
    expect(await bed.ask(CLIENT, `${NODE_IP}:81`)).to.equal('timeout');
  });
});

describeOnKernel('A session whose host is closed but for a port', (variant) => {
  const bed = SessionBed.inSuite(variant);

  it('is found by its neighbours on IPv6, as on IPv4', async () => {
    const only80 = buildPolicy('only-80', {
      ingress: [buildRule('allow', { protocol: TCP, destination: { ports: ports(80) } })],
    });
    // In every stage that packets to the host meet. Nobody has asked for the host's IPv6 address before.
    const tiers = [buildTier([only80])];
    await bed.enforce(only80, buildHostEndpoint('host', { tiers, preDnatTiers: tiers }));
    expect(await bed.ask(CLIENT, NODE_IP)).to.equal(`${NODE} saw ${CLIENT_IP}`);
    expect(await bed.ask(CLIENT, `[${NODE_IP6}]:80`, { isAnswerExpected: true })).to.equal(`${NODE} saw ${CLIENT_IP6}`);
    expect(await bed.ask(CLIENT, `[${NODE_IP6}]:81`)).to.equal('timeout');
  });
});
