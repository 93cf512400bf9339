/** One document of a manifest file: its value as plain data, and the lines of its fields. */
import { YAMLException } from 'js-yaml';
import { type DocumentEvents, readEvents } from './document-events';
import { DocumentFields } from './document-fields';
import type { DocumentText } from './document-text';
import { constructValue } from './document-value';
import type { FieldPath } from './field-path';
import { LineStarts } from './line-starts';

/** What makes a document unreadable. */
export interface SyntaxFault {
  readonly message: string;
  /** 1-based. */
  readonly line: number;
}

/** A document as kubectl reads it: YAML 1.1, of which JSON is a part. */
export class ManifestDocument {
  /** The document as plain data; undefined where it is empty or faulty. */
  readonly value: unknown;
  /** The first fault, if the document has one. */
  readonly fault: SyntaxFault | undefined;

  private readonly parsed: DocumentEvents;
  private fields: DocumentFields | undefined;
  private lines: LineStarts | undefined;

  constructor(private readonly source: DocumentText) {
    let parsed: DocumentEvents = { events: [], text: source.text };
    try {
      parsed = readEvents(source.text);
      this.value = constructValue(parsed.events, parsed.text);
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      this.fault = { message: error.reason, line: source.firstLine + (error.mark?.line ?? 0) };
    }
    this.parsed = parsed;
  }

  /** The line of the field, or of the nearest thing around it that is written. */
  lineOf(path: FieldPath): number {
    this.fields ??= new DocumentFields(this.parsed.events, this.parsed.text);
    this.lines ??= new LineStarts(this.parsed.text);
    return this.source.firstLine + this.lines.lineAt(this.fields.offsetOf(path));
  }
}
