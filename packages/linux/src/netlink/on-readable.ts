/** Calls back when a descriptor has something to read, from Node's own event loop. */
import koffi from 'koffi';

/** Goes on until it is closed; the descriptor is closed after it. */
export interface Readable {
  close(): void;
}

/**
 * Calls again as long as not everything is read, and when the descriptor has an error to tell: reading tells which. One a
 * descriptor. The process does not stay alive for it. What `onReady` throws is an uncaught error of the process.
 */
export function onReadable(fd: number, onReady: () => void): Readable {
  let isOpen = true;
  let isDue = false;
  const onPoll = (status: unknown): void => {
    if (isDue) return;
    isDue = true;
    // Behind koffi's call, which neither takes exceptions nor lets promises go on: an immediate comes next in the same turn.
    setImmediate(() => {
      isDue = false;
      if (!isOpen) return;
      onReady();
      // libuv takes any error of a descriptor for a bad one and stops, also where it is a lost message of netlink.
      if (isOpen && typeof status === 'number' && status < 0) handle.start(INTERESTS, onPoll);
    });
  };
  // The declared type of the callback is not what koffi 3.3.4 calls: the status of uv_poll comes first.
  const handle = koffi.node.poll(fd, INTERESTS, onPoll);
  handle.unref();
  return {
    close: () => {
      if (isOpen) handle.close();
      isOpen = false;
    },
  };
}

const INTERESTS = { readable: true };
