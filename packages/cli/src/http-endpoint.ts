/** A small HTTP server that answers GET requests on fixed paths: health, status, metrics. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from './cli-error';
import type { ListenAddress } from './node-agent-configuration';

export interface Answer {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly body: string;
}

/** What each path answers, asked anew for each request. */
export type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

/** An open server. */
export interface HttpEndpoint {
  /** `http://HOST:PORT`, with the port that was really taken. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws CliError PP_CLI_HOST_UNABLE when the address cannot be listened on */
export async function openHttpEndpoint({ host, port }: ListenAddress, routes: Routes): Promise<HttpEndpoint> {
  const server = createServer((request, response) => void answer(request, response, routes));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new CliError('PP_CLI_HOST_UNABLE', `cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const hostPart = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${hostPart}:${(server.address() as AddressInfo).port}`, close: () => close(server) };
}

/** The answer for a thing as JSON. */
export function jsonAnswer(data: unknown): Answer {
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(data)}\n` };
}

async function answer(request: IncomingMessage, response: ServerResponse, routes: Routes): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (!Object.hasOwn(routes, path)) {
    send(response, 404, 'text/plain', `there is ${Object.keys(routes).join(', ')}\n`);
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, 'text/plain', 'GET only\n');
  } else {
    try {
      const { status, contentType, body } = (await routes[path]?.()) ?? jsonAnswer(null);
      send(response, status, contentType, body);
    } catch (error) {
      send(response, 500, 'text/plain', `${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}

/** Connections that a scraper keeps open must not hold up the end. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
