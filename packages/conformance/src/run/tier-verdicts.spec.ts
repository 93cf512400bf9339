import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SimulatorBackend } from '@polyplane/core/simulator';
import { loadSuite } from '../suites/load-suites';
import { reportFinding } from './finding';
import { runSuites } from './run-suites';

const CLUSTER = `id: tiers
node: n1
manifests:
- {apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}}
- {apiVersion: v1, kind: Namespace, metadata: {name: a}}
- {apiVersion: v1, kind: Pod, metadata: {name: one, namespace: a}, spec: {nodeName: n1}, status: {podIP: 10.0.0.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: two, namespace: a}, spec: {nodeName: n1}, status: {podIP: 10.0.0.3}}
- {apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: first}, spec: {order: 1}}
- {apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: last}, spec: {order: 9, defaultAction: Pass}}
- apiVersion: projectcalico.org/v3
  kind: GlobalNetworkPolicy
  metadata: {name: first.web}
  spec:
    tier: first
    types: [Ingress]
    ingress:
    - {action: Log}
    - {action: Pass, protocol: TCP, destination: {ports: [80, 443]}}
    - {action: Allow, protocol: TCP, destination: {ports: [53]}}
- apiVersion: projectcalico.org/v3
  kind: GlobalNetworkPolicy
  metadata: {name: last.web}
  spec: {tier: last, types: [Ingress], ingress: [{action: Allow, protocol: TCP, destination: {ports: [9]}}]}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: web, namespace: a}
  spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}
`;

/** The result of a packet from one to two, and what is amiss. */
async function judge(port: number, expected: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'polyplane-tiers-'));
  try {
    const file = join(folder, 'suite.yaml');
    const probe = `{from: {pod: a/one}, to: {pod: a/two, port: ${port}}, expect: {${expected}}}`;
    writeFileSync(file, `${CLUSTER}probes:\n- ${probe}\n`);
    const { suites } = await runSuites({ suites: [loadSuite(file)], backend: new SimulatorBackend() });
    const { result, reason } = suites[0]?.probes[0] ?? { result: '', reason: '' };
    return [result, reason.split('\n')[0] ?? ''];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the verdicts of tiers', () => {
  it('are those of rules, of the ends of tiers, and of tiers that are not asked', async () => {
    for (const [port, expected] of [
      [53, 'verdict: allow, tiers: {first: allow, last: unmatched, default: unmatched, kube-admin: unmatched}'],
      [80, 'verdict: allow, tiers: {first: pass, last: unmatched, default: allow}'],
      [80, 'tiers: {last: pass}'],
      [443, 'verdict: deny, tiers: {first: pass, last: pass, default: deny, kube-baseline: unmatched}'],
      [22, 'verdict: deny, tiers: {first: deny, default: unmatched}'],
    ] as const) {
      expect(await judge(port, expected), `${port} ${expected}`).to.deep.equal(['pass', '']);
    }
  });

  it('fail a packet that meets another verdict, though it ends the same', async () => {
    expect(await judge(53, 'verdict: allow, tiers: {first: pass, default: allow}')).to.deep.equal([
      'fail',
      'tier first: allow; tier default: unmatched',
    ]);
    expect(await judge(80, 'tiers: {first: unmatched}')).to.deep.equal(['fail', 'tier first: pass']);
  });

  it('fail a tier that there is not: its name would prove nothing', async () => {
    expect(await judge(80, 'tiers: {frist: unmatched}')).to.deep.equal(['fail', 'there is no tier frist']);
  });

  it('are said not to be seen by whoever only sees packets', () => {
    const expected = { verdict: 'allow', tiers: { first: 'pass' } } as const;
    expect(reportFinding('x', expected, { kind: 'judged', verdict: 'allow' })).to.deep.equal({
      name: 'x',
      expected: 'allow, tier first: pass',
      result: 'pass',
      got: 'allow, verdicts of tiers are not seen by packets',
      reason: '',
    });
  });
});
