/** Asks a node agent what it is doing. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type AgentStatus, parseAgentStatus } from './agent-status';
import { CliError } from './cli-error';

/** How long one question waits for its answer. */
const PATIENCE_MILLISECONDS = 5000;

/**
 * What the agent at `HOST:PORT`, its healthAddress, says of itself.
 * @throws CliError PP_CLI_USAGE, PP_CLI_AGENT_UNREACHABLE
 */
export async function readAgentStatus(address: string): Promise<AgentStatus> {
  if (!URL.canParse(`http://${address}/status`)) {
    throw new CliError('PP_CLI_USAGE', `--address ${address} is not HOST:PORT`);
  }
  const status = parseAgentStatus(await ask<unknown>(address, '/status', JSON.parse));
  if (status !== undefined) return status;
  throw new CliError('PP_CLI_AGENT_UNREACHABLE', `what answers at ${address} is no node agent of this version`);
}

/**
 * What the agent answers on a path, as text.
 * @throws CliError PP_CLI_AGENT_UNREACHABLE
 */
export function readAgentText(address: string, path: string): Promise<string> {
  return ask(address, path, (body) => body);
}

async function ask<T>(address: string, path: string, read: (body: string) => T): Promise<T> {
  try {
    return read(await get(new URL(`http://${address}${path}`)));
  } catch (cause) {
    const message = `no node agent answers at ${address}: ${reasonOf(cause)}`;
    throw new CliError('PP_CLI_AGENT_UNREACHABLE', message, { cause });
  }
}

/** The answer's body. `fetch` will not do: it refuses ports that browsers do, such as 6000 and 10080. */
function get(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
    request(url, { signal, agent: false }, (response) => text(response).then(resolve, reject))
      .once('error', reject)
      .end();
  });
}

/** A question that took too long says only that it was given up, and one to a name of several addresses nothing: the rest is beneath. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
