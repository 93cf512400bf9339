/** Members of IP sets that services in rules define: from endpoint slices, ready or not, as Calico takes them. */
import type { EndpointSlice } from '../resources/kinds/kubernetes';
import { addressPortOf, cidrOf, type IpSet, type IpSetKey, type IpSetMember, parseProtocol } from '../state';
import type { ServiceMembers } from './ip-set-definition';
import type { CountMember } from './selected-members';

export class ServiceContributors {
  private readonly slices = new Map<string, EndpointSlice>();
  /** By service: the names of its slices, and the sets that are wanted of it. */
  private readonly services = new Map<
    string,
    { readonly slices: Set<string>; readonly sets: Map<IpSetKey, IpSet['kind']> }
  >();

  constructor(private readonly countMember: CountMember) {}

  put(slice: EndpointSlice): void {
    const key = `${slice.metadata.namespace ?? ''}/${slice.metadata.name}`;
    this.remove(key);
    const service = serviceOf(slice);
    if (service === undefined) return;
    this.slices.set(key, slice);
    const entry = this.entry(service);
    entry.slices.add(key);
    for (const [set, kind] of entry.sets) this.countSlice(set, kind, slice, 1);
  }

  /** `key`: `namespace/name` of the slice. */
  remove(key: string): void {
    const slice = this.slices.get(key);
    const service = slice && serviceOf(slice);
    if (!slice || service === undefined) return;
    this.slices.delete(key);
    const entry = this.entry(service);
    entry.slices.delete(key);
    for (const [set, kind] of entry.sets) this.countSlice(set, kind, slice, -1);
    this.forgetIfUnused(service);
  }

  /** Counts all members of a new set. */
  open(set: IpSetKey, kind: IpSet['kind'], { service }: ServiceMembers): void {
    const entry = this.entry(service);
    entry.sets.set(set, kind);
    for (const key of entry.slices) {
      const slice = this.slices.get(key);
      if (slice !== undefined) this.countSlice(set, kind, slice, 1);
    }
  }

  /** Forgets a set; its members are counted no more. */
  close(set: IpSetKey, { service }: ServiceMembers): void {
    this.entry(service).sets.delete(set);
    this.forgetIfUnused(service);
  }

  private entry(service: string) {
    const entry = this.services.get(service) ?? { slices: new Set(), sets: new Map() };
    this.services.set(service, entry);
    return entry;
  }

  private forgetIfUnused(service: string): void {
    const { slices, sets } = this.entry(service);
    if (slices.size + sets.size === 0) this.services.delete(service);
  }

  private countSlice(set: IpSetKey, kind: IpSet['kind'], slice: EndpointSlice, step: 1 | -1): void {
    for (const member of membersOf(kind, slice)) this.countMember(set, member, step);
  }
}

function serviceOf({ metadata, serviceName, addressType }: EndpointSlice): string | undefined {
  return serviceName === undefined || addressType === 'FQDN' ? undefined : `${metadata.namespace ?? ''}/${serviceName}`;
}

function membersOf(kind: IpSet['kind'], { endpoints, ports }: EndpointSlice): readonly IpSetMember[] {
  const addresses = endpoints.flatMap((endpoint) => endpoint.addresses);
  if (kind === 'net') return addresses.map(cidrOf);
  return ports.flatMap(({ protocol, port }) =>
    port === undefined ? [] : addresses.map((address) => addressPortOf(address, parseProtocol(protocol), port)),
  );
}
