/** Where a command asks a backend: this process's own network namespace. */
import { hostname } from 'node:os';
import { type NodeContext, SILENT_LOGGER } from '@polyplane/core';

/** The name of the node that this host is: what is asked for, `$NODE_NAME`, or the host's own, as of a node agent. */
export function ownNodeName(asked?: string, environment: NodeJS.ProcessEnv = process.env): string {
  return asked ?? (environment.NODE_NAME || hostname());
}

export function contextOf(nodeName: string): NodeContext {
  return { nodeName, logger: SILENT_LOGGER };
}
