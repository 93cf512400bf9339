/** The host's interfaces with their indexes and addresses, over netlink, and every change of them as it happens. */
import { LinuxError, type NetworkNamespace, readLinkAddresses, readLinks, watchNetwork } from '@polyplane/linux';
import { EbpfError } from '../ebpf-error';
import type { HostInterfaces } from '../render/node-facts';

/** @throws EbpfError PP_EBPF_READ_FAILED */
export function readHostInterfaces(namespace: NetworkNamespace): HostInterfaces {
  return asked(() => {
    const addresses = readLinkAddresses(namespace);
    return new Map(
      readLinks(namespace).map(({ name, index }) => {
        const own = addresses.filter(({ linkIndex }) => linkIndex === index).map(({ address }) => address);
        return [name, { index, addresses: own }] as const;
      }),
    );
  });
}

/**
 * Calls when interfaces may have come, gone, or got other addresses: once for all that happened at once. Until the answer is called.
 * @throws EbpfError PP_EBPF_READ_FAILED
 */
export function watchHostInterfaces(namespace: NetworkNamespace, onChange: () => void): () => void {
  let isDue = false;
  let isOpen = true;
  const watch = asked(() =>
    watchNetwork(namespace, ['link', 'address'], () => {
      if (isDue) return;
      isDue = true;
      // What else has come is told first.
      setImmediate(() => {
        isDue = false;
        if (isOpen) onChange();
      });
    }),
  );
  return () => {
    isOpen = false;
    watch.close();
  };
}

function asked<T>(question: () => T): T {
  try {
    return question();
  } catch (cause) {
    if (!(cause instanceof LinuxError)) throw cause;
    throw new EbpfError('PP_EBPF_READ_FAILED', `interfaces: ${cause.message}`, { isRetriable: true, cause });
  }
}
