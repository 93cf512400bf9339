/** Field paths in API objects: `spec.ingress[2].ports[0].port`, `metadata.labels["app.kubernetes.io/name"]`. */

/** Keys and indexes from the object's root; the empty path is the whole object. */
export type FieldPath = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z0-9_-]+$/;
const SEGMENT = /\.?([A-Za-z0-9_-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** The path as users write it: `spec.ports[0].port`. */
export function formatFieldPath(path: FieldPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!PLAIN_KEY.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

/** The path that a text means, up to the first thing in it that is no path. */
export function parseFieldPath(text: string): FieldPath {
  const path: (string | number)[] = [];
  SEGMENT.lastIndex = 0;
  for (let match = SEGMENT.exec(text); match !== null; match = SEGMENT.exec(text)) {
    const [, key, index, quoted] = match;
    if (index !== undefined) path.push(Number(index));
    else path.push(key ?? (JSON.parse(quoted ?? '""') as string)); // the pattern lets only a JSON string through
    if (SEGMENT.lastIndex === text.length) break;
  }
  return path;
}
