/** Tests on the kernel of this machine, in network namespaces that they make. */
import { createTestbed, describeUnless, readTestbedObstacle, type Testbed } from '@polyplane/conformance';
import { type NodeContext, parseIpAddress, parsePort, SILENT_LOGGER, TCP } from '@polyplane/core/backend';
import { type IptablesVariant, VARIANTS } from '../kernel/variant';

const obstacle = readTestbedObstacle();

/** Describes what holds on each variant of iptables; skipped where no namespaces can be made. */
export function describeOnKernel(title: string, body: (variant: IptablesVariant) => void): void {
  for (const variant of VARIANTS) describeUnless(obstacle, `${title} on iptables-${variant}`, () => body(variant));
}

/** One node, `node-1`, without pods. */
export function emptyTestbed(address = '172.18.0.2'): Testbed {
  return createTestbed({
    nodes: [{ name: 'node-1', addresses: [parseIpAddress(address)], routedAddresses: [] }],
    pods: [],
    outsiders: [],
    ports: [{ protocol: TCP, port: parsePort(80) }],
  });
}

/** Where a session on that node of a testbed works. */
export function contextOf(testbed: Testbed, nodeName = 'node-1'): NodeContext {
  return { nodeName, networkNamespace: testbed.networkNamespaceOf(nodeName), logger: SILENT_LOGGER };
}
