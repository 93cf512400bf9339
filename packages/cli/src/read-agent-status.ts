/** Asks a node agent what it is doing. */
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
  const status = parseAgentStatus(await ask<unknown>(address, '/status', (response) => response.json()));
  if (status !== undefined) return status;
  throw new CliError('PP_CLI_AGENT_UNREACHABLE', `what answers at ${address} is no node agent of this version`);
}

/**
 * What the agent answers on a path, as text.
 * @throws CliError PP_CLI_AGENT_UNREACHABLE
 */
export function readAgentText(address: string, path: string): Promise<string> {
  return ask(address, path, (response) => response.text());
}

async function ask<T>(address: string, path: string, read: (response: Response) => Promise<T>): Promise<T> {
  try {
    const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
    return await read(response);
  } catch (cause) {
    const message = `no node agent answers at ${address}: ${reasonOf(cause)}`;
    throw new CliError('PP_CLI_AGENT_UNREACHABLE', message, { cause });
  }
}

/** fetch says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
