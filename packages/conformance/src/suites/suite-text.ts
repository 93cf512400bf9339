/** The text of a suite file: its value, and the place of every field for messages. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { type CodedError, type FieldPath, formatFieldPath, ManifestDocument } from '@polyplane/core';
import { ConformanceError, type ConformanceErrorCode } from '../conformance-error';

export class SuiteText {
  readonly value: unknown;

  private constructor(
    readonly file: string,
    private readonly document: ManifestDocument,
  ) {
    this.value = document.value;
  }

  /** @throws ConformanceError PP_SUITE_UNREADABLE, PP_SUITE_SYNTAX */
  static read(file: string): SuiteText {
    return SuiteText.parse(readText(file), file);
  }

  /** @throws ConformanceError PP_SUITE_SYNTAX */
  static parse(text: string, file: string): SuiteText {
    const document = new ManifestDocument({ text, firstLine: 1 });
    if (document.fault === undefined) return new SuiteText(file, document);
    const position = { file, line: document.fault.line };
    throw new ConformanceError('PP_SUITE_SYNTAX', document.fault.message, { position });
  }

  /** The value in the form that the schema asks for. @throws ConformanceError PP_SUITE_INVALID for the first field that is wrong */
  as<Schema extends z.ZodType>(schema: Schema): z.infer<Schema> {
    const parsed = schema.safeParse(this.value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    // An unknown key is told at its own place.
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    throw this.fault([...(issue?.path ?? []).map(asFieldPart), ...unknown], issue?.message ?? 'invalid');
  }

  /** Reads one value at a field; what its reader throws is told of that field. @throws ConformanceError PP_SUITE_INVALID */
  readField<T>(path: FieldPath, reader: () => T): T {
    try {
      return reader();
    } catch (error) {
      throw isCoded(error) && !(error instanceof ConformanceError) ? this.fault(path, error.message, error) : error;
    }
  }

  fault(path: FieldPath, message: string, cause?: unknown): ConformanceError {
    const field = formatFieldPath(path);
    return this.error('PP_SUITE_INVALID', path, field === '' ? message : `${field}: ${message}`, cause);
  }

  error(code: ConformanceErrorCode, path: FieldPath, message: string, cause?: unknown): ConformanceError {
    return new ConformanceError(code, message, {
      position: { file: this.file, line: this.document.lineOf(path) },
      cause,
    });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConformanceError('PP_SUITE_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && 'code' in error;
}

function asFieldPart(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? String(part) : part;
}
