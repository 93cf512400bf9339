/** Lists of API objects, as `kubectl get` prints them and an API server answers. */

/** A `List`, or an `XList` of objects X. */
export interface ObjectList {
  readonly kind: string;
  readonly apiVersion?: unknown;
  readonly items?: unknown;
}

export function isList(value: unknown): value is ObjectList {
  return isRecord(value) && typeof value.kind === 'string' && value.kind.endsWith('List');
}

/** The items of an `XList` need not say what they are. */
export function withKindOf({ kind, apiVersion }: ObjectList, item: unknown): unknown {
  const itemKind = kind.slice(0, -'List'.length);
  if (itemKind === '' || !isRecord(item) || item.kind !== undefined) return item;
  return { ...item, kind: itemKind, apiVersion };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
