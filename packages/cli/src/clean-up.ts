/** Removes every trace of a backend from this network namespace, and says what it was. */
import { CodedError, type DataplaneBackend, DataplaneError, type NodeContext } from '@polyplane/core';

/** What became of one backend's traces. */
export type CleanUp =
  /** `parts` is absent for a backend that cannot say what it had. */
  | { readonly backend: string; readonly outcome: 'removed' | 'wouldBeRemoved'; readonly parts?: readonly TracedPart[] }
  | { readonly backend: string; readonly outcome: 'nothing' }
  /** It cannot run here, so it left nothing that could be asked for. */
  | { readonly backend: string; readonly outcome: 'notHere'; readonly code: string; readonly message: string }
  | { readonly backend: string; readonly outcome: 'failed'; readonly code: string; readonly message: string };

/** A holder of things (a table, all sets), and how many lines of it are, or were, the backend's. */
export interface TracedPart {
  readonly name: string;
  readonly lines: number;
}

/** @param isDryRun what is there is told, and stays */
export async function cleanUp(backend: DataplaneBackend, node: NodeContext, isDryRun: boolean): Promise<CleanUp> {
  try {
    return await (isDryRun ? askForTraces(backend, node) : removeTraces(backend, node));
  } catch (error) {
    // One backend's trouble keeps no other's traces here; a defect is none of it.
    if (!(error instanceof CodedError)) throw error;
    const { code, message } = error;
    const isNotHere = backend.removeTraces === undefined && error instanceof DataplaneError && !error.isRetriable;
    return { backend: backend.name, outcome: isNotHere ? 'notHere' : 'failed', code, message };
  }
}

async function askForTraces(backend: DataplaneBackend, node: NodeContext): Promise<CleanUp> {
  const { name } = backend;
  const parts = await tracesOf(backend, node);
  if (parts?.length === 0) return { backend: name, outcome: 'nothing' };
  if (parts !== undefined) return { backend: name, outcome: 'wouldBeRemoved', parts };
  // Who cannot say what it has says at least whether it could have anything.
  await (await backend.open(node)).release('leave');
  return { backend: name, outcome: 'wouldBeRemoved' };
}

async function removeTraces(backend: DataplaneBackend, node: NodeContext): Promise<CleanUp> {
  const { name } = backend;
  // What cannot be shown can be removed all the same.
  const parts = await tracesOf(backend, node).catch(unlessDefect);
  if (parts?.length === 0) return { backend: name, outcome: 'nothing' };
  if (backend.removeTraces !== undefined) await backend.removeTraces(node);
  else await (await backend.open(node)).release('remove');
  const left = (await tracesOf(backend, node)) ?? [];
  if (left.length === 0) return { backend: name, outcome: 'removed', ...(parts === undefined ? {} : { parts }) };
  const message = `something stays: ${left.map(formatTracedPart).join(', ')}`;
  return { backend: name, outcome: 'failed', code: 'PP_CLI_TRACES_LEFT', message };
}

function unlessDefect(error: unknown): undefined {
  if (!(error instanceof CodedError)) throw error;
}

/** Undefined for a backend that cannot say. */
async function tracesOf(backend: DataplaneBackend, node: NodeContext): Promise<readonly TracedPart[] | undefined> {
  const inspection = await backend.inspect?.(node);
  return inspection?.parts
    .map(({ name, inForce }) => ({ name, lines: inForce.length }))
    .filter(({ lines }) => lines > 0);
}

export function formatTracedPart({ name, lines }: TracedPart): string {
  return `${lines} ${lines === 1 ? 'line' : 'lines'} of ${name}`;
}
