/** One document of a manifest file: its value as plain data, and the lines of its fields. */
import { EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import { DocumentFields } from './document-fields';
import type { DocumentText } from './document-text';
import { constructValue, findAliasFault, type ValueFault } from './document-value';
import type { FieldPath } from './field-path';
import { LineStarts } from './line-starts';

/** What makes a document unreadable. */
export interface SyntaxFault {
  readonly message: string;
  /** 1-based. */
  readonly line: number;
}

/** Nesting that no API object comes near. */
const MAX_DEPTH = 100;

/** A document as a YAML parser sees it (YAML 1.2, core schema; JSON is a part of it). */
export class ManifestDocument {
  /** The document as plain data; undefined where it is empty or faulty. */
  readonly value: unknown;
  /** The first fault, if the document has one. */
  readonly fault: SyntaxFault | undefined;

  private readonly events: readonly Event[];
  private fields: DocumentFields | undefined;
  private lines: LineStarts | undefined;

  constructor(private readonly source: DocumentText) {
    const read = readDocument(source.text);
    this.events = read.events;
    this.value = read.value;
    if (read.fault !== undefined) {
      this.fault = { message: read.fault.message, line: this.lineAt(read.fault.offset) };
    }
  }

  /** The line of the field, or of the nearest thing around it that is written. */
  lineOf(path: FieldPath): number {
    this.fields ??= new DocumentFields(this.events, this.source.text);
    return this.lineAt(this.fields.offsetOf(path));
  }

  private lineAt(offset: number): number {
    this.lines ??= new LineStarts(this.source.text);
    return this.source.firstLine + this.lines.lineAt(offset);
  }
}

interface ReadDocument {
  readonly events: readonly Event[];
  readonly value?: unknown;
  readonly fault?: ValueFault;
}

function readDocument(text: string): ReadDocument {
  let events: Event[] = [];
  try {
    events = parseEvents(text, { maxDepth: MAX_DEPTH });
    const fault = findAliasFault(events, text) ?? findSecondDocument(events);
    return fault === undefined ? { events, value: constructValue(events, text) } : { events, fault };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { events, fault: { message: error.reason, offset: error.mark?.position ?? 0 } };
  }
}

function findSecondDocument(events: readonly Event[]): ValueFault | undefined {
  const documents = events.filter(({ type }) => type === EVENT_ID.DOCUMENT);
  return documents.length > 1 ? { message: 'another document begins here without ---', offset: 0 } : undefined;
}
