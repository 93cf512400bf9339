/** A Kubernetes API server for tests: real HTTP, objects from memory, faults on demand. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

interface StoredObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** As much of an API server as list and watch need, with faults on demand, on a port of loopback. */
export class ApiServer {
  readonly requests: string[] = [];
  /** Answers instead of the usual one, by the beginning of the path; taken away once used. */
  readonly faults: {
    path: string;
    /** Stands in for the answer. */
    answer: (response: http.ServerResponse) => void;
  }[] = [];
  pageSize = 1000;

  private readonly server = http.createServer((request, response) => this.answer(request.url ?? '', response));
  private readonly objects = new Map<string, Map<string, StoredObject>>();
  private readonly events: { path: string; version: number; line: string }[] = [];
  private readonly watches = new Set<{ path: string; response: http.ServerResponse }>();
  private version = 100;
  private oldestVersion = 0;

  /** @param offers by API version, the kinds with their plurals */
  constructor(private readonly offers: Record<string, Record<string, string>>) {
    for (const [version, kinds] of Object.entries(offers)) {
      for (const plural of Object.values(kinds)) this.objects.set(`${pathOf(version)}/${plural}`, new Map());
    }
  }

  /** Listens on a free port of the loopback. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  /** Once it is started. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo; // it listens on TCP
    return `http://127.0.0.1:${port}`;
  }

  /** Ends every connection. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Serves a kind from now on. */
  offer(version: string, kind: string, plural: string): void {
    this.offers[version] = { ...this.offers[version], [kind]: plural };
    this.objects.set(`${pathOf(version)}/${plural}`, new Map());
  }

  /** Adds an object, or replaces it; watches hear of it. */
  put(path: string, name: string, rest: Record<string, unknown> = {}): void {
    const all = this.objects.get(path) ?? new Map<string, StoredObject>();
    const type = all.has(name) ? 'MODIFIED' : 'ADDED';
    const { metadata, ...fields } = rest;
    const object = { ...fields, metadata: { ...(metadata as object), name, resourceVersion: String(++this.version) } };
    all.set(name, object);
    this.send(path, { type, object: { ...this.typeOf(path), ...object } });
  }

  /** Removes an object; watches hear of it. */
  remove(path: string, name: string): void {
    const object = this.objects.get(path)?.get(name);
    this.objects.get(path)?.delete(name);
    this.version++;
    const metadata = { ...object?.metadata, resourceVersion: String(this.version) };
    this.send(path, { type: 'DELETED', object: { ...this.typeOf(path), ...object, metadata } });
  }

  /** Sends a bookmark to watches. */
  bookmark(path: string): void {
    const metadata = { resourceVersion: String(++this.version) };
    this.send(path, { type: 'BOOKMARK', object: { ...this.typeOf(path), metadata } });
  }

  /** Forgets all events so far, as etcd's compaction does. */
  compact(): void {
    this.oldestVersion = this.version;
    this.events.length = 0;
  }

  /** Writes a text into the watches of a path, whatever it is. */
  write(path: string, text: string): void {
    for (const watch of this.watches) if (watch.path === path) watch.response.write(text);
  }

  /** Ends watches as a server does in the normal course. */
  closeWatches(): void {
    for (const { response } of this.watches) response.end();
  }

  /** Breaks watches off. */
  breakWatches(): void {
    for (const { response } of this.watches) response.destroy();
  }

  /** How many requests of a sort were made. */
  count(path: string, isWatch: boolean): number {
    return this.requests.filter((url) => url.startsWith(`${path}?`) && url.includes('watch=true') === isWatch).length;
  }

  /** Watches that a client holds. */
  get openWatches(): number {
    return this.watches.size;
  }

  private send(path: string, event: { type: string; object: object }): void {
    const text = `${JSON.stringify(event)}\n`;
    this.events.push({ path, version: this.version, line: text });
    // In two chunks, as networks do.
    const middle = Math.floor(text.length / 2);
    this.write(path, text.slice(0, middle));
    this.write(path, text.slice(middle));
  }

  private typeOf(path: string): { apiVersion: string; kind: string } {
    for (const [apiVersion, kinds] of Object.entries(this.offers)) {
      for (const [kind, plural] of Object.entries(kinds)) {
        if (path === `${pathOf(apiVersion)}/${plural}`) return { apiVersion, kind };
      }
    }
    throw new Error(path);
  }

  private answer(url: string, response: http.ServerResponse): void {
    this.requests.push(url);
    const { pathname: path, searchParams: query } = new URL(url, 'http://server');
    const fault = this.faults.findIndex((entry) => url.startsWith(entry.path));
    const version = Object.keys(this.offers).find((offered) => pathOf(offered) === path);
    const objects = this.objects.get(path);
    if (fault >= 0) this.faults.splice(fault, 1)[0]?.answer(response);
    else if (version !== undefined) this.discover(version, response);
    else if (objects === undefined) refusal(404, 'not found')(response);
    else if (query.get('watch') === 'true') this.watch(path, Number(query.get('resourceVersion')), response);
    else this.list([...objects.values()], Number(query.get('continue') ?? 0), response);
  }

  private discover(version: string, response: http.ServerResponse): void {
    const resources = Object.entries(this.offers[version] ?? {}).flatMap(([kind, name]) => [
      { name, kind, verbs: ['get', 'list', 'watch'] },
      { name: `${name}/status`, kind, verbs: ['get'] },
    ]);
    response.end(JSON.stringify({ kind: 'APIResourceList', resources }));
  }

  private list(objects: readonly StoredObject[], from: number, response: http.ServerResponse): void {
    const next = from + this.pageSize < objects.length ? String(from + this.pageSize) : '';
    const metadata = { resourceVersion: String(this.version), continue: next };
    response.end(JSON.stringify({ kind: 'XList', metadata, items: objects.slice(from, from + this.pageSize) }));
  }

  private watch(path: string, from: number, response: http.ServerResponse): void {
    if (from < this.oldestVersion) {
      refusal(410, 'too old resource version')(response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const event of this.events) if (event.path === path && event.version > from) response.write(event.line);
    const watch = { path, response };
    this.watches.add(watch);
    response.on('close', () => this.watches.delete(watch));
  }
}

const pathOf = (version: string): string => (version.includes('/') ? `/apis/${version}` : `/api/${version}`);

/** An answer of this code that says why, as the API server words it. */
export const refusal =
  (code: number, message: string) =>
  (response: http.ServerResponse): void => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'Status', code, message }));
  };
