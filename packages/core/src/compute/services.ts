/** Services: renders those that a change touches, from the service and its endpoint slices. */
import type { EndpointSlice, Endpoints, Service } from '../resources/kinds/kubernetes';
import type { ServicePortKey } from '../state';
import { sourcesOfEndpoints } from './endpoints-object';
import type { Output } from './output';
import type { EndpointSource, NodePlace } from './service-endpoints';
import { renderServicePorts } from './service-ports';
import type { ServiceRules } from './service-rules';

/** Services and slices with such a label are another proxy's (kube-proxy leaves them out). */
const FOREIGN_LABELS = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

export class Services {
  private readonly services = new Map<string, ServiceEntry>();
  private readonly changed = new Set<string>();
  /** Services with topology hints: those that the node's own place concerns. */
  private readonly hinted = new Set<string>();
  /** The service of a slice, by the slice's name. */
  private readonly serviceOfSlice = new Map<string, string>();
  private place: NodePlace;

  constructor(
    nodeName: string,
    private readonly rules: ServiceRules,
    private readonly output: Output,
  ) {
    this.place = { nodeName };
  }

  putService(service: Service): void {
    const key = keyOf(service.metadata.namespace, service.metadata.name);
    if (isForeign(service)) this.removeService(key);
    else this.change(key).service = service;
  }

  /** `key`: `namespace/name`. */
  removeService(key: string): void {
    if (this.services.has(key)) delete this.change(key).service;
  }

  putSlice(slice: EndpointSlice): void {
    const { namespace, name } = slice.metadata;
    const sliceKey = keyOf(namespace, name);
    this.removeSlice(sliceKey);
    if (slice.serviceName === undefined || isForeign(slice)) return;
    const service = keyOf(namespace, slice.serviceName);
    this.serviceOfSlice.set(sliceKey, service);
    this.change(service).slices.set(sliceKey, slice);
  }

  /** `key`: `namespace/name`. */
  removeSlice(key: string): void {
    const service = this.serviceOfSlice.get(key);
    if (service === undefined) return;
    this.serviceOfSlice.delete(key);
    this.change(service).slices.delete(key);
  }

  /** Endpoints count while the service has no slice: a cluster that has slices mirrors them there. */
  putEndpoints(endpoints: Endpoints): void {
    const key = keyOf(endpoints.metadata.namespace, endpoints.metadata.name);
    if (isForeign(endpoints)) this.removeEndpoints(key);
    else this.change(key).endpoints = endpoints;
  }

  /** `key`: `namespace/name`. */
  removeEndpoints(key: string): void {
    if (this.services.has(key)) delete this.change(key).endpoints;
  }

  putZone(zone: string | undefined): void {
    if (zone === this.place.zone) return;
    this.place = { nodeName: this.place.nodeName, ...(zone !== undefined && { zone }) };
    for (const key of this.hinted) this.changed.add(key);
  }

  flush(): void {
    for (const key of this.changed) {
      const entry = this.services.get(key);
      if (entry !== undefined) this.render(key, entry);
    }
    this.changed.clear();
  }

  private change(key: string): ServiceEntry {
    this.changed.add(key);
    const entry: ServiceEntry = this.services.get(key) ?? { slices: new Map(), ports: [] };
    this.services.set(key, entry);
    return entry;
  }

  private render(key: string, entry: ServiceEntry): void {
    const sources = sourcesOf(entry);
    const ports = entry.service === undefined ? [] : renderServicePorts(entry.service, sources, this.place, this.rules);
    for (const port of entry.ports) this.output.remove(port);
    for (const port of ports) this.output.put(port);
    entry.ports = ports.map((port) => port.key);
    if (sources.some(hasHints)) this.hinted.add(key);
    else this.hinted.delete(key);
    const isEmpty = entry.service === undefined && entry.endpoints === undefined && entry.slices.size === 0;
    if (isEmpty) this.services.delete(key);
  }
}

interface ServiceEntry {
  service?: Service;
  readonly slices: Map<string, EndpointSlice>;
  endpoints?: Endpoints;
  /** Told last. */
  ports: readonly ServicePortKey[];
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function sourcesOf({ slices, endpoints }: ServiceEntry): readonly EndpointSource[] {
  if (slices.size > 0 || endpoints === undefined) return [...slices.values()];
  return sourcesOfEndpoints(endpoints);
}

function isForeign({ metadata: { labels } }: Service | Endpoints | EndpointSlice): boolean {
  return FOREIGN_LABELS.some((label) => Object.hasOwn(labels, label));
}

function hasHints(source: EndpointSource): boolean {
  return source.endpoints.some(({ forZones }) => forZones !== undefined);
}
