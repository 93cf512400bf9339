/** What the command and its workers tell each other. */
import type { Suite } from '@polyplane/conformance';
import { CodedError, DataplaneError } from '@polyplane/core';
import type { SuiteRun } from './suite-run';

/** From a worker. */
export type WorkerMessage =
  /** It has nothing to do: it wants suites. */
  | { readonly kind: 'idle' }
  /** The first of the suites that it has is done. */
  | { readonly kind: 'ran'; readonly run: SuiteRun }
  /** It cannot go on; nothing follows. */
  | { readonly kind: 'failed'; readonly failure: WorkerFailure };

/** To a worker: what it runs next; without suites there is nothing left to do. Suites are plain data, which a message can carry. */
export interface WorkerTask {
  readonly suites: readonly Suite[];
}

/** An error on its way from one process to another. */
export type WorkerFailure =
  | { readonly kind: 'coded' | 'dataplane'; readonly code: string; readonly message: string }
  | { readonly kind: 'defect'; readonly message: string; readonly stack?: string };

export function failureOf(error: unknown): WorkerFailure {
  if (error instanceof CodedError) {
    return {
      kind: error instanceof DataplaneError ? 'dataplane' : 'coded',
      code: error.code,
      message: error.message,
    };
  }
  if (!(error instanceof Error)) return { kind: 'defect', message: String(error) };
  return { kind: 'defect', message: error.message, ...(error.stack !== undefined && { stack: error.stack }) };
}

/** An error that is reported as the worker's own would have been. */
export function errorOf(failure: WorkerFailure): Error {
  switch (failure.kind) {
    case 'coded':
      return new RemoteError(failure.code, failure.message);
    case 'dataplane':
      return new RemoteDataplaneError(failure.code, failure.message, { isRetriable: false });
    case 'defect':
      return Object.assign(new Error(failure.message), { stack: failure.stack });
  }
}

/** A coded error of another process. */
class RemoteError extends CodedError {
  constructor(code: string, message: string) {
    super(code, message);
  }
}

/** A backend's error of another process. */
class RemoteDataplaneError extends DataplaneError {
  constructor(code: string, message: string, options: { readonly isRetriable: boolean }) {
    super(code, message, options);
  }
}
