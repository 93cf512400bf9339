/** The agent's lock as an abstract unix socket: the kernel gives a name to one process, and takes it back when that ends. */
import { statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { CoreError } from '../core-error';
import { type AgentLock, alreadyRunning, type HeldLock, type LockHolder, type LockRequest } from './agent-lock';
import { readSocketOwner } from './socket-owner';

/** `sun_path` of unix(7). Node's versions differ in whether they pad a shorter name, which would be another name. */
const NAME_BYTES = 108;
const ANSWER_MILLISECONDS = 1000;
/** Between a name that is taken and the question by whom, the holder may have ended. */
const ATTEMPTS = 5;

const holder = z.object({
  pid: z.number().int().positive(),
  nodeName: z.string().max(253),
  backend: z.string().max(253),
});

/**
 * The name holds the identity of the network namespace that is programmed. Abstract names are themselves seen within one network
 * namespace only: an agent whose process stands in another one than its rival's is not found.
 */
export class SocketLock implements AgentLock {
  async take(request: LockRequest): Promise<HeldLock> {
    const name = lockName(request);
    for (let attempt = 1; ; attempt++) {
      const server = await listen(name, request);
      if (server !== undefined) return { release: () => close(server) };
      const rival = await askHolder(name);
      if (rival !== 'gone') throw alreadyRunning(rival, request);
      if (attempt === ATTEMPTS) throw alreadyRunning({}, request);
    }
  }
}

/** @throws CoreError PP_BACKEND_UNUSABLE */
function lockName({ networkNamespace = '/proc/self/ns/net', backend }: LockRequest): string {
  try {
    const { ino } = statSync(networkNamespace, { bigint: true });
    return `\0polyplane/agent/net:[${ino}]`.padEnd(NAME_BYTES, '.');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `backend ${backend} cannot run here: there is no network namespace ${networkNamespace}: ${reason}`;
    throw new CoreError('PP_BACKEND_UNUSABLE', message, { cause });
  }
}

/** Undefined when the name is taken. */
function listen(name: string, { nodeName, backend }: LockRequest): Promise<Server | undefined> {
  const answer = JSON.stringify({ pid: process.pid, nodeName, backend });
  const server = createServer((asker) => {
    // Whoever asks may be gone before it is answered, which is nothing to us.
    asker.on('error', () => undefined).end(answer, () => asker.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      // The lock is no reason to stay.
      server.unref();
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

async function askHolder(name: string): Promise<LockHolder | 'gone'> {
  const socket = connect(name);
  const timer = setTimeout(() => socket.destroy(new Error('no answer')), ANSWER_MILLISECONDS);
  try {
    const answer = holder.safeParse(JSON.parse(await text(socket)));
    return answer.success ? answer.data : ownerOf(name);
  } catch (error) {
    if (isRefused(error)) return 'gone';
    return ownerOf(name);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** A holder that stands still, or is no agent at all, is known by the kernel's own lists. */
function ownerOf(name: string): LockHolder {
  const pid = readSocketOwner(name);
  return pid === undefined ? {} : { pid };
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}
