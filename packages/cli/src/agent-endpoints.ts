/** The two HTTP servers of a node agent: health and status, and metrics. */
import type { Registry } from 'prom-client';
import type { AgentProblem, Diagnostic, NodeAgent } from '@polyplane/core';
import { agentStatus, isReady, notReadyReason } from './agent-status';
import { type Answer, jsonAnswer, openHttpEndpoint } from './http-endpoint';
import type { NodeAgentConfiguration } from './node-agent-configuration';
import { printableLine } from './printable';

export interface AgentEndpoints {
  readonly healthUrl: string;
  readonly metricsUrl: string;
  close(): Promise<void>;
}

/**
 * `/healthz`: the agent has not failed. `/readyz`: a complete desired state has been put in force. `/status`: an
 * {@link AgentStatus}. `/metrics`: Prometheus' text format.
 * @throws CliError PP_CLI_HOST_UNABLE when an address cannot be listened on
 */
export async function openAgentEndpoints(
  { healthAddress, metricsAddress }: Pick<NodeAgentConfiguration, 'healthAddress' | 'metricsAddress'>,
  agent: NodeAgent,
  registry: Registry,
): Promise<AgentEndpoints> {
  let problems: readonly AgentProblem[] = [];
  let diagnostics: readonly Diagnostic[] = [];
  const subscriptions = [
    agent.problems$.subscribe(({ current }) => (problems = current)),
    agent.diagnostics$.subscribe(({ current }) => (diagnostics = current)),
  ];
  const health = await openHttpEndpoint(healthAddress, {
    '/healthz': () => probeAnswer(agent.status.phase !== 'failed', agent.status.failure?.message ?? ''),
    '/readyz': () => probeAnswer(isReady(agent.status), notReadyReason(agent.status, problems)),
    '/status': () => jsonAnswer(agentStatus(agent.status, problems, diagnostics)),
  });
  const metrics = await openHttpEndpoint(metricsAddress, {
    '/metrics': async () => ({ status: 200, contentType: registry.contentType, body: await registry.metrics() }),
  }).catch(async (error: unknown) => {
    await health.close();
    throw error;
  });
  return {
    healthUrl: health.url,
    metricsUrl: metrics.url,
    close: async () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      await Promise.all([health.close(), metrics.close()]);
    },
  };
}

/** @param reason one line that says why it is not well; never more than that, as whoever asks may show it */
function probeAnswer(isWell: boolean, reason: string): Answer {
  const body = isWell ? 'ok\n' : `not yet: ${printableLine(reason)}\n`;
  return { status: isWell ? 200 : 503, contentType: 'text/plain', body };
}
