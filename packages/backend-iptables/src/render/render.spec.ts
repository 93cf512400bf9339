import { expect } from 'chai';
import fc from 'fast-check';
import {
  type DesiredObject,
  type InterfaceName,
  type IpSetKey,
  type Origin,
  type PolicyKey,
  parseIpAddress,
  type ServicePortKey,
  TCP,
  type WorkloadKey,
} from '@polyplane/core/backend';
import {
  buildFrontend,
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildPool,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
  stateOf,
} from '@polyplane/core/testing';
import { DEFAULT_MARK_MASK, marksOf } from './marks';
import { renderProgram, stateAfter } from './program';
import { Renderer, unrenderableObjects } from './render';
import { EMPTY_RULESET, type TableName } from './ruleset';

const NO_LINKS = new Map<string, never>();
const NOTHING = { families: new Map(), sets: new Map(), localnet: 'off' } as const;

function renderer(): Renderer {
  const marks = marksOf(DEFAULT_MARK_MASK);
  if (marks === undefined) throw new Error('the default mask has too few bits');
  return new Renderer(marks, [4, 6]);
}

/** The chains of a table whose names match, as iptables-save prints their rules; hashes in names shortened to `*`. */
function chains(objects: readonly DesiredObject[], table: TableName, pattern: RegExp): readonly string[] {
  const rules =
    renderer()
      .render(stateOf(...objects), NO_LINKS)
      .families.get(4)?.[table].chains ?? new Map();
  return [...rules]
    .filter(([name]) => pattern.test(name))
    .flatMap(([name, texts]) => texts.map((text: string) => `${name} ${text}`))
    .map((line) => line.replace(/-[a-z2-7]{14}\b/g, '-*').replaceAll('POLYPLANE-', ''));
}

function setsOf(objects: readonly DesiredObject[]): Readonly<Record<string, readonly string[]>> {
  const { sets } = renderer().render(stateOf(...objects), NO_LINKS);
  const filled = [...sets.values()].filter(({ members }) => members.size > 0);
  return Object.fromEntries(
    filled.map(({ name, members }) => [name.replace(/-[a-z2-7]{14}$/, '-*').replace('POLYPLANE-', ''), [...members]]),
  );
}

const SETTINGS = buildSettings({ localDetector: { kind: 'cidrs', cidrs: nets('10.0.0.0/16') } });
const ENDPOINTS = [buildServiceEndpoint('10.0.0.2', 8080, true), buildServiceEndpoint('10.0.1.2', 8080, false)];

describe('Renderer', () => {
  it('renders nothing before there are settings', () => {
    expect(renderer().render(stateOf(buildWorkload('web', '10.0.0.2')), NO_LINKS)).to.deep.equal(EMPTY_RULESET);
  });

  it('asks for floating addresses before services, and gives a workload that calls itself the address that it called', () => {
    const claiming = (name: string, target: string): DesiredObject =>
      buildWorkload(name, target, {
        floatingAddresses: [{ address: parseIpAddress('198.51.100.7'), target: parseIpAddress(target) }],
      });
    const [winner, loser] = [claiming('a', '10.0.0.2'), claiming('b', '10.0.0.3')];
    for (const objects of [
      [SETTINGS, winner, loser],
      [SETTINGS, loser, winner],
    ]) {
      expect(chains(objects, 'nat', /SERVICES|-F[DS]-/)).to.deep.equal([
        'FD-c6336407 -d 198.51.100.7/32 -j DNAT --to-destination 10.0.0.2',
        'FS-* -s 10.0.0.2/32 -d 10.0.0.2/32 -m conntrack --ctorigdst 198.51.100.7 -j SNAT --to-source 198.51.100.7',
        'SERVICES -d 198.51.100.7/32 -j FD-c6336407',
        'SERVICES -m addrtype --dst-type LOCAL -j NODE-PORTS',
      ]);
    }
  });

  it('holds pools in sets, which change without a table', () => {
    const pods = buildPool('pods', '10.0.0.0/16', { natOutgoing: true });
    const everything = [buildPool('all', '0.0.0.0/0'), buildPool('six', 'fd00::/8', { natOutgoing: true })];
    expect(setsOf([SETTINGS, pods, ...everything])).to.deep.equal({
      'PL4-all': ['10.0.0.0/16', '0.0.0.0/1', '128.0.0.0/1'],
      'PL4-natout': ['10.0.0.0/16'],
      'PL6-all': ['fd00::/8'],
      'PL6-natout': ['fd00::/8'],
    });
    const own = renderer();
    const before = stateAfter(NOTHING, own.render(stateOf(SETTINGS), NO_LINKS));
    const program = renderProgram(before, own.render(stateOf(SETTINGS, pods), NO_LINKS), 1000);
    expect(program.restores).to.deep.equal([]);
    expect(program.setsBefore).to.equal('add POLYPLANE-PL4-all 10.0.0.0/16\nadd POLYPLANE-PL4-natout 10.0.0.0/16\n');
  });

  it('masquerades what leaves the node from such pools after what services want', () => {
    expect(chains([SETTINGS], 'nat', /POSTROUTING|OUTGOING/)).to.deep.equal([
      'NAT-OUTGOING -o cali+ -j RETURN',
      'NAT-OUTGOING -o lo -j RETURN',
      'NAT-OUTGOING -m set --match-set PL4-natout src -m set ! --match-set PL4-all dst -j MASQUERADE --random-fully',
      'POSTROUTING -m conntrack --ctstate DNAT -m set --match-set SV4-hairpin dst,dst,src -j MASQUERADE --random-fully',
      'POSTROUTING -m mark ! --mark 0x100/0x100 -g NAT-OUTGOING',
      'POSTROUTING -j MARK --set-xmark 0x0/0x100',
      'POSTROUTING -j MASQUERADE --random-fully',
    ]);
  });

  it('balances a cluster IP in its own chain', () => {
    const service = buildService('web', [buildFrontend('clusterIp', 80, '10.96.0.1')], ENDPOINTS);
    expect(chains([SETTINGS, service], 'nat', /SERVICES|-IP-|-CIP-/)).to.deep.equal([
      'CIP-* ! -s 10.0.0.0/16 -j MARK --set-xmark 0x100/0x100',
      'CIP-* -p tcp -m statistic --mode random --probability 0.50000000000 -j DNAT --to-destination 10.0.0.2:8080',
      'CIP-* -p tcp -j DNAT --to-destination 10.0.1.2:8080',
      'IP-0a600001t0050 -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j CIP-*',
      'SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j IP-0a600001t0050',
      'SERVICES -m addrtype --dst-type LOCAL -j NODE-PORTS',
    ]);
  });

  it('keeps the client’s address under traffic policy Local, but for pods and the node', () => {
    const frontends = [buildFrontend('nodePort', 30080, undefined, { trafficPolicy: 'local' })];
    expect(chains([SETTINGS, buildService('web', frontends, ENDPOINTS)], 'nat', /-NP-|-EXL-/)).to.deep.equal([
      'EXL-* -s 10.0.0.0/16 -g SVC-*',
      'EXL-* -m addrtype --src-type LOCAL -j MARK --set-xmark 0x100/0x100',
      'EXL-* -m addrtype --src-type LOCAL -g SVC-*',
      'EXL-* -g SVL-*',
      'NP-t7580 -p tcp -m tcp --dport 30080 -j EXL-*',
    ]);
  });

  it('puts frontends without endpoints into sets', () => {
    const local = { trafficPolicy: 'local' } as const;
    const none = buildService(
      'none',
      [buildFrontend('clusterIp', 80, '10.96.0.1'), buildFrontend('nodePort', 30080)],
      [],
    );
    const elsewhere = buildService('else', [buildFrontend('externalIp', 80, '192.0.2.1', local)], ENDPOINTS.slice(1));
    expect(setsOf([SETTINGS, none, elsewhere])).to.deep.equal({
      'SV4-hairpin': ['10.0.1.2,tcp:8080,10.0.1.2'],
      'SV4-rejected': ['10.96.0.1,tcp:80'],
      'SV4-dropped': ['192.0.2.1,tcp:80'],
      'SV4-npreject': ['0.0.0.0/1,tcp:30080', '128.0.0.0/1,tcp:30080'],
    });
  });

  it('gives a place that two services claim to the one with the smaller key, in whatever order they came', () => {
    const a = buildService('a', [buildFrontend('clusterIp', 80, '10.96.0.1')], []);
    const b = buildService('b', [buildFrontend('clusterIp', 80, '10.96.0.1')], ENDPOINTS);
    for (const objects of [
      [SETTINGS, a, b],
      [SETTINGS, b, a],
    ]) {
      expect(chains(objects, 'nat', /-IP-/)).to.deep.equal([]);
      expect(setsOf(objects)['SV4-rejected']).to.deep.equal(['10.96.0.1,tcp:80']);
    }
  });

  it('judges endpoints with equal policies by one chain', () => {
    const policy = buildPolicy('p', {
      ingress: [buildRule('allow', { protocol: TCP, destination: { ports: ports(80) } })],
    });
    const tiers = [buildTier([policy])];
    const replicas = [1, 2, 3].map((index) => buildWorkload(`w${index}`, `10.0.0.${index}`, { tiers }));
    expect(chains([SETTINGS, policy, ...replicas], 'filter', /-(EP|PI|TO-WORKLOAD)/)).to.deep.equal([
      // From the workload: no policy, no profile.
      'EP-* -j MARK --set-xmark 0x0/0x600',
      'EP-* -j DROP',
      'PI-* -p tcp -m tcp --dport 80 -g ALLOW',
      'EP-* -j MARK --set-xmark 0x0/0x600',
      'EP-* -m mark --mark 0x0/0x600 -j PI-*',
      'EP-* -m mark --mark 0x200/0x200 -j RETURN',
      'EP-* -m mark --mark 0x0/0x400 -j DROP',
      'EP-* -j DROP',
      'TO-WORKLOAD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      'TO-WORKLOAD -m conntrack --ctstate INVALID -j DROP',
      'TO-WORKLOAD -o cali-w1 -g EP-*',
      'TO-WORKLOAD -o cali-w2 -g EP-*',
      'TO-WORKLOAD -o cali-w3 -g EP-*',
      'TO-WORKLOAD -j DROP',
    ]);
  });

  it('writes alternatives side by side, and a choice of choices as blocks', () => {
    const named = ipSetKey('named');
    const policy = buildPolicy('p', {
      ingress: [
        buildRule('deny', { protocol: TCP, destination: { ports: ports(80), namedPorts: [named] } }),
        buildRule('allow', {
          protocol: TCP,
          source: { ports: ports(1), namedPorts: [named] },
          destination: { ports: ports(2), namedPorts: [named] },
        }),
      ],
    });
    const web = buildWorkload('web', '10.0.0.2', { tiers: [buildTier([policy])] });
    expect(
      chains([SETTINGS, buildIpSet('named', 'addressPort', []), policy, web], 'filter', /-(PI|BLK)-/),
    ).to.deep.equal([
      'PI-* -p tcp -m tcp --dport 80 -j DROP',
      'PI-* -p tcp -m set --match-set P4-* dst,dst -j DROP',
      'PI-* -p tcp -j BLK-*',
      'PI-* -m mark --mark 0x200/0x200 -j RETURN',
      'BLK-* -p tcp -m tcp --dport 2 -g ALLOW',
      'BLK-* -m set --match-set P4-* dst,dst -g ALLOW',
      'BLK-* -p tcp -m tcp --sport 1 -g BLK-*',
      'BLK-* -m set --match-set P4-* src,src -g BLK-*',
    ]);
  });

  it('leaves what the host sends to a service to the place where its interface is known', () => {
    const host = buildHostEndpoint('host', {
      scope: { kind: 'interface', interfaceName: 'eth0' as InterfaceName },
      tiers: [buildTier([buildPolicy('open', { egress: [buildRule('allow')] })])],
    });
    expect(chains([buildSettings(), host], 'filter', /^POLYPLANE-(OUTPUT|TRANSLATED-OUTPUT)$/)).to.deep.equal([
      'TRANSLATED-OUTPUT -j MARK --set-xmark 0x600/0x600',
      'OUTPUT -m conntrack --ctstate NEW -j REFUSE',
      'OUTPUT -m conntrack --ctstate DNAT -g TRANSLATED-OUTPUT',
      'OUTPUT -o cali+ -j RETURN',
      'OUTPUT -j MARK --set-xmark 0x0/0x600',
      'OUTPUT -j HOST-OUT',
      'OUTPUT -m mark --mark 0x200/0x200 -j ACCEPT',
    ]);
    expect(chains([buildSettings(), host], 'mangle', /^POLYPLANE-(POSTROUTING|HOST-OUT)$/)).to.deep.equal([
      'HOST-OUT -o eth0 -g HNE-*',
      'POSTROUTING -m mark ! --mark 0x600/0x600 -j RETURN',
      'POSTROUTING -j MARK --set-xmark 0x0/0x600',
      'POSTROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
      'POSTROUTING -o cali+ -j RETURN',
      'POSTROUTING -j HOST-OUT',
    ]);
  });

  it('is a function of the state alone: what it remembers changes nothing', () => {
    const policy = buildPolicy('p', { egress: [buildRule('allow')] });
    const web = buildWorkload('web', '10.0.0.2', { tiers: [buildTier([policy])] });
    const service = buildService('web', [buildFrontend('clusterIp', 80, '10.96.0.1')], ENDPOINTS);
    const state = stateOf(SETTINGS, policy, web, service);
    const used = renderer();
    used.render(stateOf({ ...SETTINGS, masqueradeAll: true }, web, service), NO_LINKS);
    used.render(stateOf(SETTINGS, buildPolicy('p', { egress: [buildRule('deny')] }), web), NO_LINKS);
    expect(used.render(state, NO_LINKS)).to.deep.equal(renderer().render(state, NO_LINKS));
  });

  it('lets no text of an object into what the kernel’s tools read', () => {
    const nasty = fc.oneof(
      fc.constantFrom(
        '\nCOMMIT\n*filter\n-A INPUT -j ACCEPT\n',
        ' -j ACCEPT',
        '"; -A INPUT -j ACCEPT #',
        '$(reboot)',
        '`reboot`',
        '\u0000',
        '\\"',
      ),
      fc.string({ unit: 'binary', maxLength: 40 }),
    );
    fc.assert(
      fc.property(nasty, nasty, (first, second) => {
        const text = `${first}hostile${second}`;
        const program = renderProgram(NOTHING, renderer().render(stateOf(...hostileObjects(text)), NO_LINKS), 1000);
        const lines = [program.setsBefore, ...program.restores.map((restore) => restore.text), program.setsAfter]
          .join('')
          .split('\n');
        for (const line of lines)
          expect(line)
            .to.match(/^[A-Za-z0-9 .,:/*![\]"+=-]*$/)
            .and.not.contain('hostile');
        const quoted = lines.filter((line) => line.includes('"'));
        expect(quoted.filter((line) => !line.endsWith('-j LOG --log-prefix "polyplane: "'))).to.deep.equal([]);
        expect(lines.filter((line) => /^-A (?!POLYPLANE-)/.test(line))).to.deep.equal([]);
      }),
    );
  });

  it('leaves out a workload whose interface cannot be written, and names it', () => {
    const evil = buildWorkload('evil', '10.0.0.66', { interfaceName: 'cali+' as InterfaceName });
    const state = stateOf(SETTINGS, evil);
    expect(unrenderableObjects(state)).to.deep.equal([evil.key]);
    expect(chains([SETTINGS, evil], 'filter', /-(FROM|TO)-WORKLOAD/).join('\n')).to.not.contain('cali+');
  });
});

/** Objects that carry the text wherever an object can carry one. */
function hostileObjects(text: string): readonly DesiredObject[] {
  const origin: Origin = { object: { apiVersion: text, kind: text, namespace: text, name: text }, field: text };
  const key = `ipSet/${text}` as IpSetKey;
  const set = { ...buildIpSet('x', 'net', ['10.0.0.1']), key, description: text };
  const policy = {
    ...buildPolicy('x', {
      ingress: [{ ...buildRule('log', { source: { ipSets: [key] } }), origin }],
      egress: [buildRule('allow')],
    }),
    key: `policy/${text}` as PolicyKey,
    origin,
    tier: text,
  };
  return [
    { ...buildSettings({ nodeName: text }), nodeAddresses: [parseIpAddress('192.0.2.1')] },
    set,
    policy,
    {
      ...buildWorkload('x', '10.0.0.1', { tiers: [buildTier([policy], { name: text })] }),
      key: `workload/${text}` as WorkloadKey,
      origin,
      namespace: text,
      name: text,
      interfaceName: 'cali123' as InterfaceName,
    },
    {
      ...buildService('x', [buildFrontend('clusterIp', 80, '10.96.0.1')], ENDPOINTS, { affinityTimeoutSeconds: 10 }),
      key: `service/${text}` as ServicePortKey,
      origin,
      namespace: text,
      name: text,
      portName: text,
    },
  ];
}
