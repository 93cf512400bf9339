/** The examples that each command's help shows; they run as they stand at the repository's root. */

export const EXAMPLES = {
  run: ['polyplane run --config examples/node-agent.yaml'],
  check: [
    'polyplane check -f examples/shop',
    'polyplane check -f examples/shop --from iptables --to ebpf -o json',
    'polyplane check --kubeconfig ~/.kube/config',
  ],
  trace: [
    'polyplane trace -f examples/shop --from pod:shop-api/orders-1 --to svc:shop-api/payments:https',
    'polyplane trace -f examples/shop --from pod:shop-web/frontend-1 --to pod:shop-data/postgres-1:pg --expect deny',
    'polyplane trace -f examples/shop --node node-1 --from 203.0.113.7 --to 172.30.0.11:30443/tcp -o json',
  ],
  render: [
    'polyplane render -f examples/shop --node node-1 --backend iptables',
    'polyplane render --kubeconfig --context prod --node node-1 --backend iptables',
  ],
  test: [
    'polyplane test e2e-netpol kube-proxy',
    'polyplane test examples/shop.suite.yaml -o junit',
    'polyplane test e2e-netpol --backend iptables',
  ],
  diff: [
    'polyplane diff -f examples/shop --node node-1 --backend iptables',
    'polyplane diff --config examples/node-agent.yaml',
  ],
  cleanup: ['polyplane cleanup --dry-run', 'polyplane cleanup --backend iptables'],
  status: ['polyplane status', 'polyplane status --wait 120', 'polyplane status --address 127.0.0.1:10266 -o json'],
  bundle: [
    'polyplane bundle --config examples/node-agent.yaml',
    'polyplane bundle -f examples/shop --node node-1 --backend iptables --out shop.tgz',
  ],
  codes: ['polyplane codes', 'polyplane codes PP_OBJECT_INVALID'],
  completion: ['source <(polyplane completion bash)'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The closing part of a command's help. */
export function formatExamples(command: string): string {
  const examples = Object.entries(EXAMPLES).find(([name]) => name === command)?.[1] ?? [];
  return `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`;
}
