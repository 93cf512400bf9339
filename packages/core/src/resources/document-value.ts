/** The value of a YAML document as plain data, in bounds: what an alias stands for is shared, and counted. */
import {
  type DocumentEvent,
  EVENT_ID,
  type Event,
  type MappingEvent,
  type SequenceEvent,
  YAMLException,
} from 'js-yaml';
import { type DocumentSource, isMergeKey, nameOfKey, valueOfScalar } from './scalar-event';

/** Nodes that the aliases and merges of one document may stand for, all together: a bomb is refused before it goes off. */
const MAX_ALIASED_NODES = 100_000;

/**
 * The value of the only document among a text's events, as kubectl reads it; undefined where there is none. Of a key that is
 * written and merged the later counts.
 * @throws YAMLException for a key that is written twice or is no text, a text that is none of its tag's, a merge of what is no
 * map, an alias without a whole anchor before it, and the alias from which on aliases stand for too much
 */
export function constructValue(events: readonly Event[], text: string): unknown {
  const [document] = events;
  if (document?.type !== EVENT_ID.DOCUMENT) return undefined;
  return new Construction(text, document).run(events);
}

type PlainObject = Record<string, unknown>;

interface Anchored {
  readonly value: unknown;
  /** How many nodes it is, with all that its own aliases stand for. */
  readonly nodes: number;
}

/** A collection that is not at its end yet. */
interface OpenCollection {
  readonly value: unknown[] | PlainObject;
  /** Where it begins in the text. */
  readonly offset: number;
  readonly anchor: string | undefined;
  /** The count of nodes before it. */
  readonly nodesBefore: number;
  /** Of a map: the key whose value comes next. */
  key: string | typeof MERGE | undefined;
  /** Of a map: the keys that are merged only, which may be written still. */
  merged: Set<string> | undefined;
}

const MERGE = Symbol('<<');

class Construction {
  private readonly source: DocumentSource;
  private readonly anchors = new Map<string, Anchored>();
  private readonly open: OpenCollection[] = [];
  private nodes = 0;
  private aliasedNodes = 0;
  private result: unknown;

  constructor(
    private readonly text: string,
    private readonly document: DocumentEvent,
  ) {
    this.source = { text, directives: document.directives };
  }

  run(events: readonly Event[]): unknown {
    for (const event of events) {
      if (event.type === EVENT_ID.SCALAR) {
        this.nodes++;
        if (this.isMergeAt(event)) this.openMerge();
        else {
          const value = valueOfScalar(event, this.source);
          if (event.anchorStart >= 0) this.anchors.set(this.nameOf(event), { value, nodes: 1 });
          this.place(value, event.valueStart);
        }
      } else if (event.type === EVENT_ID.MAPPING) this.begin(event, {});
      else if (event.type === EVENT_ID.SEQUENCE) this.begin(event, []);
      else if (event.type === EVENT_ID.POP) this.end();
      else if (event.type === EVENT_ID.ALIAS) this.placeAlias(this.nameOf(event), event.anchorStart);
      else if (event !== this.document) this.refuse('another document begins here without ---', 0);
    }
    return this.result;
  }

  private nameOf({ anchorStart, anchorEnd }: { readonly anchorStart: number; readonly anchorEnd: number }): string {
    const name = this.text.slice(anchorStart, anchorEnd);
    // YAML 1.2 allows more: there `&a:` names an anchor "a:", here it is a key without a text.
    if (!/^[0-9A-Za-z_-]+$/.test(name))
      this.refuse("an anchor's name of other than letters, digits, - and _", anchorStart);
    return name;
  }

  private begin(event: MappingEvent | SequenceEvent, value: unknown[] | PlainObject): void {
    const anchor = event.anchorStart < 0 ? undefined : this.nameOf(event);
    // An alias within what its anchor names would make data without end.
    if (anchor !== undefined) this.anchors.delete(anchor);
    const { start: offset } = event;
    this.open.push({ value, offset, anchor, nodesBefore: this.nodes, key: undefined, merged: undefined });
    this.nodes++;
  }

  private end(): void {
    const ended = this.open.pop();
    // The end of the document.
    if (ended === undefined) return;
    const { value, anchor, nodesBefore } = ended;
    if (anchor !== undefined) this.anchors.set(anchor, { value, nodes: this.nodes - nodesBefore });
    this.place(value, ended.offset);
  }

  private placeAlias(name: string, offset: number): void {
    const anchored = this.anchors.get(name);
    if (anchored === undefined) this.refuse('an alias without an anchor before it', offset);
    this.standFor(anchored.nodes, offset);
    this.place(anchored.value, offset);
  }

  private standFor(nodes: number, offset: number): void {
    // What an alias stands for counts again where the whole is aliased in turn.
    this.nodes += nodes;
    this.aliasedNodes += nodes;
    if (this.aliasedNodes > MAX_ALIASED_NODES) this.refuse('aliases stand for too much', offset);
  }

  private isMergeAt(event: Parameters<typeof isMergeKey>[0]): boolean {
    const parent = this.open.at(-1);
    return (
      parent !== undefined && !Array.isArray(parent.value) && parent.key === undefined && isMergeKey(event, this.source)
    );
  }

  private openMerge(): void {
    const parent = this.open.at(-1);
    if (parent !== undefined) parent.key = MERGE;
  }

  /** Puts a value where it belongs in what is open. */
  private place(value: unknown, offset: number): void {
    const parent = this.open.at(-1);
    if (parent === undefined) this.result = value;
    else if (Array.isArray(parent.value)) parent.value.push(value);
    else if (parent.key === undefined) this.placeKey(parent, parent.value, value, offset);
    else {
      const { key } = parent;
      parent.key = undefined;
      if (key === MERGE) this.merge(parent, parent.value, value, offset);
      else setKey(parent.value, key, value);
    }
  }

  private placeKey(parent: OpenCollection, map: PlainObject, value: unknown, offset: number): void {
    const key = nameOfKey(value);
    if (key === undefined) this.refuse('a key that is neither text nor number', offset);
    if (hasKey(map, key) && parent.merged?.delete(key) !== true) this.refuse('a key that comes twice', offset);
    parent.key = key;
  }

  /** The earlier of several maps wins over the later. */
  private merge(parent: OpenCollection, map: PlainObject, merged: unknown, offset: number): void {
    const maps = Array.isArray(merged) ? [...merged].reverse() : [merged];
    parent.merged ??= new Set();
    for (const each of maps) {
      if (!isPlainObject(each)) this.refuse('a merge of what is no map', offset);
      const entries = Object.entries(each);
      this.standFor(entries.length + 1, offset);
      for (const [key, value] of entries) {
        setKey(map, key, value);
        parent.merged.add(key);
      }
    }
  }

  private refuse(message: string, offset: number): never {
    return YAMLException.throwAt(this.text, Math.max(0, offset), message);
  }
}

/** No value is undefined, so that most keys need no look at the prototype. */
function hasKey(map: PlainObject, key: string): boolean {
  return map[key] !== undefined && Object.hasOwn(map, key);
}

/** `__proto__` becomes a key like any other. */
function setKey(map: PlainObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  } else map[key] = value;
}

function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
