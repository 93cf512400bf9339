/**
 * Parses a document into events by the grammar that kubectl's parser (libyaml's) and YAML 1.2 share, and by the one rule in
 * which libyaml asks for less: within brackets and quotes a line may begin anywhere.
 */
import { type Event, parseEvents, YAMLException } from 'js-yaml';
import { type Enclosure, endOfFlowLines } from './flow-lines';

/** Events and the text that they point into: the document's, with more space before lines within brackets and quotes. */
export interface DocumentEvents {
  readonly events: readonly Event[];
  readonly text: string;
}

/** Nesting that no API object comes near. */
const MAX_DEPTH = 100;

/** Characters that are read again for the sake of such lines. */
const MAX_REREAD = 64 * 1024 * 1024;

/** @throws YAMLException for a fault of the syntax; lines are those of the document, as none is added */
export function readEvents(written: string): DocumentEvents {
  let text = written;
  for (let reread = 0; ; reread += text.length) {
    try {
      return { events: parseEvents(text, { maxDepth: MAX_DEPTH }), text };
    } catch (error) {
      const position = positionOfDeficientLine(error);
      const indented = position === undefined || reread > MAX_REREAD ? undefined : indentAt(text, position);
      if (indented === undefined) throw error;
      text = indented;
    }
  }
}

/** What js-yaml says of a line within brackets or quotes that begins further left than YAML 1.2 asks for. */
const DEFICIENT = 'deficient indentation';

function positionOfDeficientLine(error: unknown): number | undefined {
  return error instanceof YAMLException && error.reason === DEFICIENT ? error.mark?.position : undefined;
}

const MARGIN = ' '.repeat(32);

/**
 * The text with more space before the line that the position is in, and before those after it that surely are within the
 * same brackets or quotes: space there means nothing.
 */
function indentAt(text: string, position: number): string | undefined {
  const start = text.lastIndexOf('\n', position - 1) + 1;
  const enclosure = enclosureAtEnd(text.slice(0, start));
  if (enclosure === undefined) {
    // The line begins outside: what is amiss is a tab in it, which takes the place of a space.
    const line = text.slice(start, position);
    const spaced = line.replace(/(?<=[-:?,[{][ \t]*)\t/g, ' ');
    return spaced === line ? undefined : text.slice(0, start) + spaced + text.slice(position);
  }
  const end = endOfFlowLines(text, start, enclosure);
  return text.slice(0, start) + text.slice(start, end).replace(/^/gm, MARGIN) + text.slice(end);
}

const ENCLOSURES: ReadonlyMap<string, Enclosure> = new Map([
  ['unexpected end of the stream within a single quoted scalar', "'"],
  ['unexpected end of the stream within a double quoted scalar', '"'],
  ['unexpected end of the stream within a flow collection', '['],
  // After a comment within brackets.
  [DEFICIENT, '['],
]);

/** What is open where the text ends: the parser says what it misses. */
function enclosureAtEnd(text: string): Enclosure | undefined {
  try {
    // The space ends an escape that the line's end was part of.
    parseEvents(`${text.trimEnd()} `, { maxDepth: MAX_DEPTH });
    return undefined;
  } catch (error) {
    return error instanceof YAMLException ? ENCLOSURES.get(error.reason) : undefined;
  }
}
