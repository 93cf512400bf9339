/** The value of a YAML document as plain data, in bounds: what an alias stands for is shared, and counted. */
import { CORE_SCHEMA, constructFromEvents, defineMappingTag, EVENT_ID, type Event, mergeTag } from 'js-yaml';

/** Nodes that the aliases of one document may stand for, all together: a bomb is refused before it goes off. */
const MAX_ALIASED_NODES = 100_000;

/** What makes a document no plain data. */
export interface ValueFault {
  readonly message: string;
  /** Where, in characters of the text. */
  readonly offset: number;
}

/**
 * The value of the only document among a text's events, by the core schema of YAML 1.2 and with merge keys; undefined where
 * the document is empty. {@link findAliasFault} has to have found nothing.
 * @throws YAMLException for a key that comes twice or is no text, a tag of another schema, a merge of what is no map
 */
export function constructValue(events: Event[], text: string): unknown {
  return constructFromEvents(events, { source: text, schema: SCHEMA, maxTotalMergeKeys: MAX_ALIASED_NODES })[0];
}

/** An alias without a whole anchor before it, or the one from which on aliases stand for too much. */
export function findAliasFault(events: readonly Event[], text: string): ValueFault | undefined {
  if (!events.some(({ type }) => type === EVENT_ID.ALIAS)) return undefined;
  const nodesOf = new Map<string, number>();
  const open: { readonly anchor: string; readonly before: number }[] = [];
  let nodes = 0;
  let aliasedNodes = 0;
  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      const { anchor, before } = open.pop() ?? NOWHERE;
      nodesOf.set(anchor, nodes - before);
    } else if (event.type === EVENT_ID.DOCUMENT) open.push(NOWHERE);
    else {
      const anchor = text.slice(event.anchorStart, event.anchorEnd);
      if (event.type === EVENT_ID.ALIAS) {
        const standsFor = nodesOf.get(anchor);
        const offset = event.anchorStart;
        if (standsFor === undefined) return { message: 'an alias without an anchor before it', offset };
        aliasedNodes += standsFor;
        if (aliasedNodes > MAX_ALIASED_NODES) return { message: 'aliases stand for too much', offset };
        // What the alias stands for counts again where the whole is aliased in turn.
        nodes += standsFor;
      } else {
        // An alias within what its anchor names would make data without end.
        nodesOf.delete(anchor);
        if (event.type === EVENT_ID.SCALAR) nodesOf.set(anchor, 1);
        else open.push({ anchor, before: nodes });
        nodes += 1;
      }
    }
  }
  return undefined;
}

const NOWHERE = { anchor: '', before: 0 };

/** Objects whose keys are texts, numbers (as in `80: http`) or truth values. `__proto__` becomes a key like any other. */
const textKeyedMapTag = defineMappingTag<Record<string, unknown>>('tag:yaml.org,2002:map', {
  create: () => ({}),
  addPair: (object, key, value) => {
    if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') {
      return 'a key that is neither text nor number';
    }
    if (key === '__proto__') {
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    } else object[String(key)] = value;
    return '';
  },
  has: (object, key) => Object.hasOwn(object, String(key)),
  keys: (object) => Object.keys(object),
  get: (object, key) => object[String(key)],
  identify: () => false,
});

const SCHEMA = CORE_SCHEMA.withTags(mergeTag, textKeyedMapTag);
