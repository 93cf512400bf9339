/** Which host endpoint holds on which interface of the node. */
import type { HostEndpoint, HostEndpointKey, IpAddress } from '../state';

export class HostEndpointTable {
  private readonly endpoints = new Map<HostEndpointKey, HostEndpoint>();
  private readonly found = new Map<string, HostEndpoint | undefined>();

  put(endpoint: HostEndpoint): void {
    this.endpoints.set(endpoint.key, endpoint);
    this.found.clear();
  }

  remove(key: HostEndpointKey): void {
    this.endpoints.delete(key);
    this.found.clear();
  }

  /** To be called when an interface's addresses have changed. */
  forgetAddresses(): void {
    this.found.clear();
  }

  /**
   * The host endpoint of an interface: one that names it or expects one of its addresses, else one for all interfaces;
   * of several, the one with the smallest key.
   */
  find(interfaceName: string, addresses: ReadonlySet<IpAddress>): HostEndpoint | undefined {
    if (this.endpoints.size === 0) return undefined;
    if (!this.found.has(interfaceName)) this.found.set(interfaceName, this.search(interfaceName, addresses));
    return this.found.get(interfaceName);
  }

  private search(interfaceName: string, addresses: ReadonlySet<IpAddress>): HostEndpoint | undefined {
    const sorted = [...this.endpoints.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    const isOwn = ({ scope, expectedAddresses }: HostEndpoint): boolean =>
      scope.kind === 'interface'
        ? scope.interfaceName === interfaceName
        : scope.kind === 'addresses' && expectedAddresses.some((address) => addresses.has(address));
    return sorted.find(isOwn) ?? sorted.find(({ scope }) => scope.kind === 'allInterfaces');
  }
}
