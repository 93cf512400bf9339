import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Container } from 'inversify';
import {
  type CheckedBackend,
  coreModule,
  DataplaneBackend,
  type Diagnostic,
  type DiagnosticsChange,
  formatObjectRef,
  ManifestSource,
  NodeAgent,
} from '@polyplane/core';
import { FakeBackend } from '@polyplane/core/testing';
import { checkObjects, EBPF, readSilently, VPP } from '../testing/checked-backends';
import { ROOT } from '../testing/polyplane-process';

const FOLDER = join(ROOT, 'examples/limits');

/** What the backend that a file is about finds in it: code, severity, object, field and line. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'ebpf-architecture.yaml': ['PP_LIMIT_EBPF_ARCHITECTURE error Node mainframe-1 status.nodeInfo.architecture 16'],
  'ebpf-arm64.yaml': ['PP_LIMIT_EBPF_ARM64 error Node arm-1 status.nodeInfo.architecture 16'],
  'ebpf-disabling.yaml': [
    'PP_LIMIT_EBPF_TAKE_OVER info FelixConfiguration default spec.bpfEnabled 7',
    'PP_LIMIT_EBPF_DISABLING info FelixConfiguration default spec.bpfEnabled 7',
  ],
  'ebpf-do-not-track.yaml': ['PP_LIMIT_EBPF_DO_NOT_TRACK error GlobalNetworkPolicy untracked-dns spec.doNotTrack 19'],
  'ebpf-existing-connections.yaml': [
    'PP_LIMIT_EBPF_TAKE_OVER info FelixConfiguration default spec.bpfEnabled 7',
    'PP_LIMIT_EBPF_DISABLING info FelixConfiguration default spec.bpfEnabled 7',
  ],
  'ebpf-floating-ip.yaml': [
    'PP_LIMIT_EBPF_FLOATING_IP error Pod shop/mail-1 metadata.annotations["cni.projectcalico.org/floatingIPs"] 8',
  ],
  'ebpf-hybrid-windows.yaml': ['PP_LIMIT_EBPF_HYBRID error Node windows-1 status.nodeInfo.operatingSystem 13'],
  'ebpf-ipv6.yaml': ['PP_LIMIT_EBPF_IPV6 error Service shop/dual spec.clusterIPs[1] 14'],
  'ebpf-log-action.yaml': ['PP_LIMIT_EBPF_LOG_ACTION error NetworkPolicy shop/audit spec.ingress[1].action 15'],
  'ebpf-node-ip-autodetection.yaml': [
    'PP_LIMIT_EBPF_NODE_IP error Installation default spec.calicoNetwork.nodeAddressAutodetectionV4.firstFound 10',
  ],
  'ebpf-sctp-policy.yaml': [
    'PP_LIMIT_EBPF_SCTP_POLICY error NetworkPolicy shop/signalling spec.ingress[1].ports[1].protocol 16',
  ],
  'ebpf-sctp-service.yaml': ['PP_LIMIT_EBPF_SCTP_SERVICE error Service shop/signalling spec.ports[1].protocol 17'],
  'vpp-bgp-disabled.yaml': ['PP_LIMIT_VPP_BGP_DISABLED error Installation default spec.calicoNetwork.bgp 8'],
  'vpp-do-not-track.yaml': ['PP_LIMIT_VPP_DO_NOT_TRACK error GlobalNetworkPolicy untracked-dns spec.doNotTrack 19'],
  'vpp-endpoint-slices.yaml': ['PP_LIMIT_VPP_ENDPOINT_SLICES warning EndpointSlice shop/partner-1 kind 14'],
  'vpp-pre-dnat.yaml': ['PP_LIMIT_VPP_PRE_DNAT error GlobalNetworkPolicy before-dnat spec.preDNAT 19'],
  'vpp-session-affinity.yaml': ['PP_LIMIT_VPP_SESSION_AFFINITY error Service shop/orders spec.sessionAffinity 11'],
  'vpp-wireguard.yaml': ['PP_LIMIT_VPP_WIREGUARD warning FelixConfiguration default spec.wireguardEnabled 7'],
};

/** The profile in which a limit holds no more. */
const LIFTED: Readonly<Record<string, 'calico-3.21' | 'calico-3.27' | 'calico-3.28' | 'calico-3.29' | 'calico-3.31'>> =
  {
    'ebpf-do-not-track.yaml': 'calico-3.21',
    'ebpf-arm64.yaml': 'calico-3.27',
    'ebpf-ipv6.yaml': 'calico-3.28',
    'ebpf-log-action.yaml': 'calico-3.29',
    'vpp-endpoint-slices.yaml': 'calico-3.31',
  };

/** The node that a file's limit is one of, where it is another than node-1. */
const NODE_OF: Readonly<Record<string, string>> = {
  'ebpf-architecture.yaml': 'mainframe-1',
  'ebpf-arm64.yaml': 'arm-1',
};

function formatFinding({ code, severity, object, field, line }: Diagnostic): string {
  return `${code} ${severity} ${formatObjectRef(object)} ${field} ${line}`;
}

/** The last of `diagnostics$` of an agent that ran on these manifests with a dataplane of these limits. */
async function diagnosticsOf(
  { name, limits }: CheckedBackend,
  path: string,
  nodeName: string,
): Promise<readonly Diagnostic[]> {
  const container = new Container();
  await container.load(coreModule({ nodeName, allowMissingNode: true, source: new ManifestSource({ paths: [path] }) }));
  container.bind(DataplaneBackend).toConstantValue(new FakeBackend({ name, limits }));
  const agent = container.get(NodeAgent);
  const steps: DiagnosticsChange[] = [];
  agent.diagnostics$.subscribe((step) => steps.push(step));
  // Where a limit says so, the agent refuses to start, and says why all the same.
  const refusal: unknown = await agent.start().catch((error: unknown) => error);
  await agent.stop('leave');
  const current = steps.at(-1)?.current ?? [];
  expect(refusal !== undefined).to.equal(current.some(({ effect }) => effect === 'refuseToStart'));
  return current;
}

describe('the examples of limits', () => {
  it('are one a row of both tables', () => {
    expect(readdirSync(FOLDER).sort()).to.deep.equal(Object.keys(EXPECTED).sort());
    const met = new Set(Object.values(EXPECTED).flatMap((lines) => lines.map((line) => line.split(' ')[0])));
    for (const { code } of [...EBPF.limits, ...VPP.limits]) expect(met).to.include(code);
  });

  for (const [file, lines] of Object.entries(EXPECTED)) {
    const backend = file.startsWith('ebpf') ? EBPF : VPP;

    it(`${file} is found by ${backend.name}, with object, field and line`, async () => {
      const objects = await readSilently(join(FOLDER, file));
      expect(objects.problems).to.deep.equal([]);
      const [report] = checkObjects(objects, { backends: [backend] }).backends;
      expect(report?.findings.map(formatFinding)).to.deep.equal(lines);
    });

    const lifted = LIFTED[file];
    if (lifted === undefined) continue;
    it(`${file} is found no more as of ${lifted}`, async () => {
      const objects = await readSilently(join(FOLDER, file));
      const [report] = checkObjects(objects, { backends: [backend], profile: lifted }).backends;
      expect(report).to.deep.equal({ name: backend.name, verdict: 'supported', findings: [] });
    });
  }

  for (const [file, lines] of Object.entries(EXPECTED)) {
    it(`${file} meets the same limits in a running agent`, async () => {
      const path = join(FOLDER, file);
      const backend = file.startsWith('ebpf') ? EBPF : VPP;
      const diagnostics = await diagnosticsOf(backend, path, NODE_OF[file] ?? 'node-1');
      expect(diagnostics.map(formatFinding).sort()).to.deep.equal([...lines].sort());
      for (const diagnostic of diagnostics) expect(diagnostic.file).to.equal(path);
    });
  }

  it('name the node-port traffic that a Windows node loses', async () => {
    const objects = await readSilently(join(FOLDER, 'ebpf-hybrid-windows.yaml'));
    const [report] = checkObjects(objects, { backends: [EBPF] }).backends;
    expect(report?.findings[0]?.message).to.contain(
      'Dropped: what other nodes forward to endpoints on windows-1 of Service shop/reports (30082/TCP).',
    );
  });

  it('are all supported by iptables, the reference', async () => {
    const [report] = checkObjects(await readSilently(FOLDER)).backends;
    expect(report).to.deep.equal({ name: 'iptables', verdict: 'supported', findings: [] });
  });
});
