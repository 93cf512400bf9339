/** Where the fields of a YAML document stand in its text. */
import { type DocumentEvent, EVENT_ID, type Event, type ScalarEvent, YAMLException } from 'js-yaml';
import type { FieldPath } from './field-path';
import { nameOfKey, valueOfScalar } from './scalar-event';

/** Finds fields among a document's events, which list its nodes in the order of the text. */
export class DocumentFields {
  /** Of the event of a collection: the index of the event behind its end. */
  private ends: Uint32Array | undefined;
  private readonly directives: DocumentEvent['directives'];

  constructor(
    private readonly events: readonly Event[],
    private readonly text: string,
  ) {
    const [document] = events;
    this.directives = document?.type === EVENT_ID.DOCUMENT ? document.directives : [];
  }

  /** The offset of the field, or of the nearest thing around it that is written. 0 where nothing is. */
  offsetOf(path: FieldPath): number {
    let node = this.events[0]?.type === EVENT_ID.DOCUMENT ? 1 : 0;
    let offset = this.startOf(node) ?? 0;
    for (const part of path) {
      const child = this.childOf(node, part);
      if (child === undefined) break;
      node = child.node;
      offset = child.offset ?? offset;
    }
    return offset;
  }

  private childOf(node: number, part: string | number): Child | undefined {
    const type = this.events[node]?.type;
    if (type === EVENT_ID.SEQUENCE) return this.itemOf(node, Number(part));
    return type === EVENT_ID.MAPPING ? this.valueOf(node, String(part)) : undefined;
  }

  private itemOf(sequence: number, wanted: number): Child | undefined {
    let item = sequence + 1;
    for (let index = 0; this.isNode(item); index++) {
      if (index === wanted) return { node: item, offset: this.startOf(item) };
      item = this.behind(item);
    }
    return undefined;
  }

  private valueOf(mapping: number, wanted: string): Child | undefined {
    for (let key = mapping + 1; this.isNode(key); ) {
      const value = this.behind(key);
      const event = this.events[key];
      if (event?.type === EVENT_ID.SCALAR && this.nameOf(event) === wanted) {
        return { node: value, offset: this.startOf(key) };
      }
      key = this.behind(value);
    }
    return undefined;
  }

  private nameOf(key: ScalarEvent): string | undefined {
    try {
      return nameOfKey(valueOfScalar(key, { text: this.text, directives: this.directives }));
    } catch (error) {
      // The document is faulty here, and the field another one.
      if (error instanceof YAMLException) return undefined;
      throw error;
    }
  }

  private isNode(index: number): boolean {
    const event = this.events[index];
    return event !== undefined && event.type !== EVENT_ID.POP;
  }

  private behind(node: number): number {
    this.ends ??= endsOf(this.events);
    return this.ends[node] || node + 1;
  }

  /** Undefined for a node without any text. */
  private startOf(node: number): number | undefined {
    const event = this.events[node];
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return undefined;
    if (event.anchorStart >= 0) return event.anchorStart;
    if (event.type === EVENT_ID.ALIAS) return undefined;
    if (event.tagStart >= 0) return event.tagStart;
    const start = event.type === EVENT_ID.SCALAR ? event.valueStart : event.start;
    return start >= 0 ? start : undefined;
  }
}

interface Child {
  readonly node: number;
  readonly offset: number | undefined;
}

function endsOf(events: readonly Event[]): Uint32Array {
  const ends = new Uint32Array(events.length);
  const open: number[] = [];
  for (const [index, { type }] of events.entries()) {
    if (type === EVENT_ID.POP) {
      const start = open.pop();
      if (start !== undefined) ends[start] = index + 1;
    } else if (type === EVENT_ID.SEQUENCE || type === EVENT_ID.MAPPING || type === EVENT_ID.DOCUMENT) open.push(index);
  }
  return ends;
}
