/** Entries of the maps that follow from the desired state, and the order in which they are written and taken away. */

/**
 * The maps, in the order in which entries are written: what others lead to comes first. Entries are taken away in the reverse order,
 * after everything is written: so at no moment does an entry lead to one that is not there.
 */
export const MAPS_IN_ORDER = [
  'pp_config',
  'pp_routes',
  'pp_allowed_sources',
  'pp_source_ranges',
  'pp_backends',
  'pp_frontends',
] as const;

/** A map whose entries follow from the desired state. */
export type RenderedMap = (typeof MAPS_IN_ORDER)[number];

/** One entry, in the bytes of the layout. */
export interface MapEntry {
  readonly map: RenderedMap;
  /** The key's bytes as text, one character a byte (latin1): what a `Map` compares. */
  readonly key: string;
  readonly value: Buffer;
}

/** A key that is to be taken out of a map. */
export type MapKey = Pick<MapEntry, 'map' | 'key'>;

/** What brings the maps from one state to another. */
export interface EntryChanges {
  /** In the order of {@link MAPS_IN_ORDER}. */
  readonly writes: readonly MapEntry[];
  /** In the reverse order; only after all writes. */
  readonly deletions: readonly MapKey[];
}

/** Nothing to do. */
export const NO_ENTRY_CHANGES: EntryChanges = { writes: [], deletions: [] };

/** Puts changes into the order in which they are safe. */
export function orderEntryChanges({ writes, deletions }: EntryChanges): EntryChanges {
  return {
    writes: [...writes].sort((a, b) => rankOf(a) - rankOf(b)),
    deletions: [...deletions].sort((a, b) => rankOf(b) - rankOf(a)),
  };
}

function rankOf({ map }: MapKey): number {
  return MAPS_IN_ORDER.indexOf(map);
}
