/** Whether VPP's API socket is there and somebody listens on it. */
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';

export type ApiSocketState = 'absent' | 'notASocket' | 'silent' | 'listening';

const CONNECT_TIMEOUT_MS = 2000;

/** Connects and hangs up; sends nothing. */
export async function readApiSocket(path: string): Promise<ApiSocketState> {
  const kind = await stat(path).then(
    (found) => (found.isSocket() ? 'socket' : 'notASocket'),
    () => 'absent' as const,
  );
  if (kind !== 'socket') return kind;
  return (await accepts(path)) ? 'listening' : 'silent';
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isListening: boolean): void => {
      socket.destroy();
      resolve(isListening);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
