/** The two requests that a reader of the Kubernetes API makes: get an answer, and watch a stream of events. */
import http from 'node:http';
import https from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { CoreError } from '../core-error';

export type ApiQuery = Readonly<Record<string, string | number | boolean>>;

/** What the server said. `message` is its own reason where it is no success. */
export type ApiAnswer =
  | { readonly isSuccess: true; readonly body: unknown }
  | { readonly isSuccess: false; readonly status: number; readonly message: string };

export type ApiWatch =
  | { readonly isSuccess: true; readonly events: AsyncIterable<unknown> }
  | Extract<ApiAnswer, { readonly isSuccess: false }>;

/** Far above a page of the largest objects that the API stores. */
const MAX_BODY_LENGTH = 512 * 1024 * 1024;
/** Far above the largest event. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024;
/** A connection on which nothing moves for this long is dead; watches end and begin again more often. */
const IDLE_MILLISECONDS = 330_000;
const KEEP_ALIVE_MILLISECONDS = 30_000;

const statusBody = z.object({ message: z.string() });

/**
 * The API server that a kubeconfig's current context names. A server that cannot be reached, and an answer that breaks off or
 * is no JSON, throw CoreError PP_CLUSTER_UNREACHABLE.
 */
export class KubernetesApi {
  constructor(private readonly config: KubeConfig) {}

  async get(path: string, query: ApiQuery, signal: AbortSignal): Promise<ApiAnswer> {
    const response = await this.send(path, query, signal);
    const text = await readText(response);
    const status = response.statusCode ?? 0;
    if (status === 200) {
      const body = parseJson(text);
      if (body === undefined) throw unreachable(`${path}: an answer that is no JSON`);
      return { isSuccess: true, body };
    }
    return { isSuccess: false, status, message: messageOf(status, text) };
  }

  /** Opens a watch. Its events come in order until the server ends the stream; `undefined` stands for one that is no JSON. */
  async watch(path: string, query: ApiQuery, signal: AbortSignal): Promise<ApiWatch> {
    const response = await this.send(path, { ...query, watch: true }, signal);
    const status = response.statusCode ?? 0;
    if (status === 200) return { isSuccess: true, events: eventsOf(response) };
    return { isSuccess: false, status, message: messageOf(status, await readText(response)) };
  }

  private async send(path: string, query: ApiQuery, signal: AbortSignal): Promise<http.IncomingMessage> {
    const cluster = this.config.getCurrentCluster();
    if (cluster === null) throw unreachable('the kubeconfig has no current cluster');
    try {
      const url = new URL(cluster.server.replace(/\/+$/, '') + path);
      for (const [key, value] of Object.entries(query)) url.searchParams.set(key, String(value));
      const options: https.RequestOptions = { method: 'GET', headers: { accept: 'application/json' }, signal };
      await this.config.applyToHTTPSOptions(options);
      return await new Promise((resolve, reject) => {
        const request = (url.protocol === 'http:' ? http : https).request(url, options, resolve);
        request.on('error', reject);
        request.setTimeout(IDLE_MILLISECONDS, () => request.destroy(new Error('the connection is idle')));
        request.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MILLISECONDS));
        request.end();
      });
    } catch (error) {
      throw unreachable(error instanceof Error ? error.message : String(error), error);
    }
  }
}

/** The error that the cluster's API could not be read. */
export function unreachable(reason: string, cause?: unknown): CoreError {
  return new CoreError('PP_CLUSTER_UNREACHABLE', `the Kubernetes API: ${reason}`, { cause });
}

async function readText(response: http.IncomingMessage): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  for await (const text of textOf(response)) {
    length += text.length;
    if (length > MAX_BODY_LENGTH) throw unreachable(`an answer of more than ${MAX_BODY_LENGTH} characters`);
    parts.push(text);
  }
  return parts.join('');
}

async function* eventsOf(response: http.IncomingMessage): AsyncGenerator<unknown, void> {
  let rest = '';
  for await (const text of textOf(response)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_EVENT_LENGTH) throw unreachable(`an event of more than ${MAX_EVENT_LENGTH} characters`);
    for (const line of lines) if (line.trim() !== '') yield parseJson(line);
  }
  // What the server did not end with a line was cut off, and comes again.
  if (rest.trim() !== '') throw unreachable('the stream of events broke off within one');
}

async function* textOf(response: http.IncomingMessage): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8');
  try {
    for await (const chunk of response) yield decoder.write(chunk);
  } catch (error) {
    throw unreachable(error instanceof Error ? error.message : String(error), error);
  }
  yield decoder.end();
}

/** The value, or undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The `message` of a Status object, or the status itself. */
function messageOf(status: number, text: string): string {
  // Proxies answer in HTML.
  const parsed = statusBody.safeParse(parseJson(text));
  return parsed.success ? `${status}: ${parsed.data.message.slice(0, 500)}` : `status ${status}`;
}
