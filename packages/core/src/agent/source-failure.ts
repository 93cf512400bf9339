/** What ends an agent because its source has ended. */
import { describeError } from '../backend/hand-over';
import { CoreError } from '../core-error';
import type { SourceBatch } from '../sources/source';
import type { AgentProblem } from './problem-set';

/** The source has completed, and will never be in sync. */
export function incompleteSource([first]: readonly AgentProblem[]): CoreError {
  const reason = first === undefined ? '' : `: ${first.message}`;
  return new CoreError('PP_SOURCE_ENDED', `the source ended before it was complete${reason}`, {
    cause: first?.error,
  });
}

/** The source has errored, or hands out what is no batch. */
export function brokenSource(error: unknown): CoreError {
  const { message } = describeError(error);
  return new CoreError('PP_SOURCE_ENDED', `the source broke off: ${message}`, { cause: error });
}

/** Whether a source that knows no types keeps to the form of its batches. */
export function isBatch(batch: SourceBatch): boolean {
  const { changes, problems, isInSync } = (batch as Partial<SourceBatch> | undefined) ?? {};
  return Array.isArray(changes) && Array.isArray(problems) && typeof isInSync === 'boolean';
}
