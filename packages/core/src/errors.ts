/** Errors that carry a stable code, and the table form in which every package lists its codes. */

import { shareBetweenCopies } from './copies';

/** One row of a code table: what `polyplane codes CODE` prints. */
export interface CodeEntry {
  readonly code: string;
  readonly kind: 'error' | 'diagnostic';
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** What the user can do about it, in one sentence. */
  readonly remedy: string;
}

/** Codes of one package: code -> what it means and what to do. */
export type CodeTable<Code extends string = string> = Readonly<Record<Code, Omit<CodeEntry, 'code'>>>;

/**
 * Base of every error that a Polyplane package throws. A package derives exactly one class from it and
 * narrows `Code` to the keys of its own code table. The code is stable; the message is not.
 *
 * `instanceof CodedError` is true for the errors of every copy of this package: a backend that was installed on its own has one.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  readonly code: Code;

  protected constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

shareBetweenCopies(CodedError, 'CodedError');

/** The rows of a code table, sorted by code. */
export function codeEntries(table: CodeTable): readonly CodeEntry[] {
  return Object.entries(table)
    .map(([code, entry]) => ({ code, ...entry }))
    .sort((a, b) => a.code.localeCompare(b.code, 'en'));
}
