/** One document of a manifest file: its value as plain data, and the lines of its fields. */
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  type ParsedNode,
  Parser,
  type YAMLMap,
} from 'yaml';
import type { DocumentText } from './document-text';
import type { FieldPath } from './field-path';

type ParsedDocument = Document.Parsed<ParsedNode>;

/** What makes a document unreadable. */
export interface SyntaxFault {
  readonly message: string;
  /** 1-based. */
  readonly line: number;
}

/** Nesting that no API object comes near. */
const MAX_DEPTH = 100;
/** Nodes that the aliases of one document may stand for, all together: a bomb is refused before it goes off. */
const MAX_ALIASED_NODES = 100_000;

/** A document as a YAML parser sees it (YAML 1.2, core schema; JSON is a part of it). */
export class ManifestDocument {
  /** The document as plain data; undefined where it is empty or faulty. */
  readonly value: unknown;
  /** The first fault, if the document has one. */
  readonly fault: SyntaxFault | undefined;

  private readonly lines = new LineCounter();
  private readonly contents: unknown;

  constructor(private readonly source: DocumentText) {
    const tokens = readTokens(source.text, this.lines);
    // Duplicate keys are found by the reader: the composer's own search is quadratic.
    const composer = new Composer({ uniqueKeys: false });
    const [document, more] = tokens === undefined ? [] : composer.compose(tokens, true, source.text.length);
    this.contents = document?.contents;
    const fault = faultOf(document, more);
    const reader = new ValueReader();
    const value = fault === undefined ? reader.read(this.contents) : undefined;
    const { message, offset } = fault ?? reader.fault ?? {};
    if (message === undefined) this.value = value;
    else this.fault = { message, line: this.lineAt(offset ?? 0) };
  }

  /** The line of the field, or of the nearest thing around it that is written. */
  lineOf(path: FieldPath): number {
    let node: unknown = this.contents;
    let offset = offsetOf(node);
    for (const part of path) {
      const child = childOf(node, part);
      if (child === undefined) break;
      ({ node, offset } = child);
    }
    return this.lineAt(offset);
  }

  private lineAt(offset: number): number {
    return this.source.firstLine + this.lines.linePos(offset).line - 1;
  }
}

interface OffsetFault {
  readonly message: string;
  readonly offset: number;
}

/**
 * The tokens of a text; undefined where collections are nested beyond {@link MAX_DEPTH}. This is looked at while parsing, as the
 * composer recurses, and a stack that is almost used up may end the whole process, not only the call.
 */
function readTokens(text: string, lines: LineCounter): readonly CST.Token[] | undefined {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) return undefined;
  }
  tokens.push(...parser.end());
  return tokens;
}

function faultOf(document: ParsedDocument | undefined, more: ParsedDocument | undefined): OffsetFault | undefined {
  if (document === undefined) return { message: `nested more than ${MAX_DEPTH} deep`, offset: 0 };
  const [error] = document.errors;
  if (error !== undefined) return { message: error.message, offset: error.pos[0] };
  return more === undefined
    ? undefined
    : { message: 'another document begins here without ---', offset: more.range[0] };
}

/** Turns nodes into plain data; what an alias stands for is shared, not copied. */
class ValueReader {
  fault: OffsetFault | undefined;

  private readonly anchors = new Map<string, { readonly value: unknown; readonly nodes: number }>();
  private nodes = 0;
  private aliasedNodes = 0;

  read(node: unknown): unknown {
    const before = this.nodes++;
    if (isAlias(node)) return this.readAlias(node.source, node);
    const value = isMap(node) ? this.readMap(node) : this.readOther(node);
    if (isNode(node) && 'anchor' in node && node.anchor !== undefined) {
      this.anchors.set(node.anchor, { value, nodes: this.nodes - before });
    }
    return value;
  }

  private readOther(node: unknown): unknown {
    if (isScalar(node)) return node.value;
    return isSeq(node) ? node.items.map((item) => this.read(item)) : null;
  }

  private readMap(node: YAMLMap): unknown {
    const value: Record<string, unknown> = {};
    const merged: unknown[] = [];
    for (const pair of node.items) {
      const key = keyOf(pair);
      if (key === undefined) return this.refuse('a key that is neither text nor number', pair.key);
      const item = this.read(pair.value);
      if (isMergeKey(pair)) merged.push(...(Array.isArray(item) ? item : [item]));
      else if (Object.hasOwn(value, key))
        return this.refuse(`key ${JSON.stringify(key.slice(0, 80))} comes twice`, pair.key);
      else define(value, key, item);
    }
    for (const source of merged) this.merge(value, source, node);
    return value;
  }

  /** Keys that are there win over merged ones, earlier merged ones over later (YAML merge key type). */
  private merge(value: Record<string, unknown>, source: unknown, node: YAMLMap): void {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) {
      this.refuse('<< merges maps only', node);
      return;
    }
    for (const [key, item] of Object.entries(source)) {
      this.spend(1, node);
      if (!Object.hasOwn(value, key)) define(value, key, item);
    }
  }

  private readAlias(name: string, node: unknown): unknown {
    const anchor = this.anchors.get(name);
    if (anchor === undefined) return this.refuse('an alias without an anchor before it', node);
    this.spend(anchor.nodes, node);
    // What the alias stands for counts again where the whole is aliased in turn.
    this.nodes += anchor.nodes;
    return anchor.value;
  }

  private spend(nodes: number, node: unknown): void {
    this.aliasedNodes += nodes;
    if (this.aliasedNodes > MAX_ALIASED_NODES) this.refuse('aliases stand for too much', node);
  }

  private refuse(message: string, node: unknown): undefined {
    this.fault ??= { message, offset: offsetOf(node) };
    return undefined;
  }
}

function keyOf({ key }: Pair): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' || typeof key.value === 'number' || typeof key.value === 'boolean'
    ? String(key.value)
    : undefined;
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && (key.type === undefined || key.type === 'PLAIN');
}

/** `__proto__` becomes a key like any other. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function childOf(
  node: unknown,
  part: string | number,
): { readonly node: unknown; readonly offset: number } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return item === undefined ? undefined : { node: item, offset: offsetOf(item) };
  }
  const pair = isMap(node) ? node.items.find((entry) => keyOf(entry) === String(part)) : undefined;
  return pair === undefined ? undefined : { node: pair.value, offset: offsetOf(pair.key) };
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
