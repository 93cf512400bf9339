/** Picks messages out of the content of `*.api.json` files, with every type that they are made of, and nothing else. */

/** One file's content, as far as it is taken over. */
export interface ApiFile {
  readonly types: readonly unknown[][];
  readonly messages: readonly unknown[][];
  readonly unions: readonly unknown[][];
  readonly enums: readonly unknown[][];
  readonly enumflags: readonly unknown[][];
  readonly services: Readonly<Record<string, ServiceEntry>>;
  readonly aliases: Readonly<Record<string, { readonly type: string }>>;
}

interface ServiceEntry {
  readonly reply: string;
  readonly stream?: boolean;
  readonly stream_msg?: string;
  readonly events?: readonly string[];
}

type Kind = 'types' | 'unions' | 'enums' | 'enumflags';
const KINDS: readonly Kind[] = ['types', 'unions', 'enums', 'enumflags'];

/** Comments and options are left out. Throws where a message is not in the files. */
export function selectMessages(files: readonly unknown[], requests: readonly string[]): ApiFile {
  // The files are VPP's own, of the form that is read here.
  const all = files as readonly ApiFile[];
  const services = Object.fromEntries(
    requests.flatMap((request) => {
      const service = all.map((file) => file.services[request]).find((found) => found !== undefined);
      return service === undefined ? [] : [[request, service]];
    }),
  );
  const names = new Set([
    ...requests,
    ...Object.values(services).flatMap(({ reply, stream_msg, events = [] }) => [reply, stream_msg, ...events]),
  ]);
  const messages = [...names].flatMap((name) =>
    name === undefined || name === 'null' ? [] : [findEntry(all, 'messages', name)],
  );
  const chosen: Record<Kind, Map<string, unknown[]>> = {
    types: new Map(),
    unions: new Map(),
    enums: new Map(),
    enumflags: new Map(),
  };
  const aliases: Record<string, { readonly type: string }> = {};
  const queue = messages.flatMap(typesIn);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const name = /^vl_api_(\w+)_t$/.exec(next)?.[1];
    if (name === undefined || aliases[name] !== undefined || KINDS.some((kind) => chosen[kind].has(name))) continue;
    const alias = all.map((file) => file.aliases[name]).find((found) => found !== undefined);
    if (alias !== undefined) {
      aliases[name] = alias;
      queue.push(alias.type);
      continue;
    }
    const kind = KINDS.find((candidate) => all.some((file) => file[candidate].some((entry) => entry[0] === name)));
    if (kind === undefined) throw new Error(`no type ${name}`);
    const entry = findEntry(all, kind, name);
    chosen[kind].set(name, entry);
    queue.push(...typesIn(entry));
  }
  const listOf = (kind: Kind): unknown[][] =>
    [...chosen[kind].values()].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  return {
    types: listOf('types'),
    messages,
    unions: listOf('unions'),
    enums: listOf('enums'),
    enumflags: listOf('enumflags'),
    services,
    aliases: Object.fromEntries(Object.entries(aliases).sort()),
  };
}

function findEntry(files: readonly ApiFile[], kind: Kind | 'messages', name: string): unknown[] {
  const entry = files.flatMap((file) => file[kind]).find((candidate) => candidate[0] === name);
  if (entry === undefined) throw new Error(`no ${kind} ${name}`);
  return entry.map((part) => (Array.isArray(part) || typeof part === 'string' ? part : essentialsOf(part)));
}

/** A CRC and the type of an enumeration; no prose. */
function essentialsOf(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).filter(([key]) => key === 'crc' || key === 'enumtype'));
}

function typesIn(entry: readonly unknown[]): readonly string[] {
  return entry.flatMap((part) => (Array.isArray(part) && typeof part[0] === 'string' ? [part[0]] : []));
}
