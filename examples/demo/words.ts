/** How the demo speaks: headings, verdicts, counts and times. */
import { styleText } from 'node:util';
import type { Resource, ResourceKind } from '@polyplane/core';

export function heading(text: string): void {
  console.log(`\n${styleText('bold', `── ${text} ${'─'.repeat(Math.max(0, 76 - text.length))}`)}`);
}

export function good(text: string): string {
  return `${styleText('green', '✓')} ${text}`;
}

export function bad(text: string): string {
  return `${styleText('red', '✗')} ${text}`;
}

export function quiet(text: string): string {
  return styleText('dim', text);
}

/** Time since `startedAt` (of `performance.now`). */
export function seconds(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(2)} s`;
}

/** What the manifests hold, in a sentence. */
export function formatContents(resources: readonly Resource[]): string {
  const count = (...kinds: readonly ResourceKind[]): number =>
    resources.filter((resource) => kinds.includes(resource.kind)).length;
  const policies = `${count('NetworkPolicy')} Kubernetes and ${count('CalicoNetworkPolicy', 'GlobalNetworkPolicy')} Calico policies`;
  return `${count('Pod')} pods on ${count('Node')} nodes, ${count('Service')} services, ${policies}, ${count('HostEndpoint')} host endpoint.`;
}
