import { expect } from 'chai';
import { type Inspection, type NodeContext, SILENT_LOGGER } from '@polyplane/core/backend';
import {
  buildFrontend,
  buildPolicy,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  stateOf,
} from '@polyplane/core/testing';
import { applyIpBatch, NetworkNamespace } from '@polyplane/linux';
import { EbpfBackend } from './backend';
import { describeOnKernel, mountBpf, unmountBpf } from './testing/on-kernel';

const ALLOW = buildPolicy('allow', { ingress: [buildRule('allow')] });
const STATE = stateOf(
  buildSettings(),
  ALLOW,
  buildWorkload('web', '10.0.0.2', { tiers: [buildTier([ALLOW])] }),
  buildService('web', [buildFrontend('clusterIp', 80, '10.96.0.1')], [buildServiceEndpoint('10.0.0.2', 8080, true)]),
);

describe('a plan of the eBPF backend, without a host', () => {
  it('says in words what stands in each map, and what the policy programs do', () => {
    const text = new EbpfBackend().render(STATE.toTransition(1, true)).print();
    expect(text).to.match(
      /^pp_frontends \+ 10\.96\.0\.1:80\/tcp: service [0-9a-f]{8}, 1 endpoints, 1 here, elsewhere$/m,
    );
    expect(text).to.match(/^pp_backends \+ service [0-9a-f]{8} \[here 0\]: 10\.0\.0\.2:8080 \(local\)$/m);
    expect(text).to.contain('pp_routes + 10.0.0.2/32: workload, interface 1');
    expect(text).to.contain('pp_allowed_sources + interface 1: 10.0.0.2/32');
    expect(text).to.match(/^pp_config \+ layout \d+, node 192\.168\.0\.1, /m);
    expect(text).to.match(/^pp_endpoints \+ cali-web: flags 1, egress policy-\d, ingress policy-\d/m);
    expect(text).to.match(/^program policy-0$/m);
  });

  it('is the same text for the same state', () => {
    const [once, again] = [1, 2].map(() => new EbpfBackend().render(STATE.toTransition(1, true)).print());
    expect(again).to.equal(once);
  });
});

describeOnKernel('what is in force of the eBPF backend', () => {
  let namespace: NetworkNamespace;
  let bpfFileSystem: string;
  let backend: EbpfBackend;
  let node: NodeContext;

  beforeEach(() => {
    namespace = NetworkNamespace.create();
    applyIpBatch(namespace, ['link add name cali-web type veth peer name pod', 'link set cali-web up']);
    bpfFileSystem = mountBpf();
    backend = new EbpfBackend({ bpfFileSystem, isUnfinished: true });
    node = { nodeName: 'node-1', networkNamespace: namespace.path, logger: SILENT_LOGGER };
  });

  afterEach(() => {
    unmountBpf(bpfFileSystem);
    namespace.close();
  });

  const differing = ({ parts }: Inspection) =>
    parts.filter(({ inForce, wanted }) => inForce.join('\n') !== wanted.join('\n')).map(({ name }) => name);

  it('is nothing before a session, and what was applied after it, also beside a session that runs', async () => {
    const transition = STATE.toTransition(1, true);
    expect((await backend.inspect(node)).parts.flatMap(({ inForce }) => inForce)).to.deep.equal([]);
    const session = await backend.open(node);
    await session.apply(session.plan(transition));
    const inspection = await backend.inspect(node, transition);
    expect(differing(inspection)).to.deep.equal([]);
    expect(inspection.parts.find(({ name }) => name === 'programs on interfaces')?.inForce).to.include('cali-web');
    await session.release('remove');
    expect((await backend.inspect(node)).parts.flatMap(({ inForce }) => inForce)).to.deep.equal([]);
  });

  it('is told apart from what would be', async () => {
    const session = await backend.open(node);
    await session.apply(session.plan(STATE.toTransition(1, true)));
    const without = stateOf(buildSettings(), ALLOW, buildWorkload('web', '10.0.0.2', { tiers: [buildTier([ALLOW])] }));
    expect(differing(await backend.inspect(node, without.toTransition(2, true)))).to.deep.equal([
      'pp_backends',
      'pp_frontends',
    ]);
    await session.release('remove');
  });
});
