/** A running agent's EndpointSlices, with what is known beside each, change by change. */
import type { EndpointSlice, Endpoints, Service } from '../resources/kinds/kubernetes';
import { keyOfResource, type Resource, type ResourceKey, resourceKey, splitResourceKey } from '../resources/resource';
import type { BesideSlice } from './slice-features';

export class KnownSlices {
  readonly #services = new Map<ResourceKey, Service>();
  readonly #endpoints = new Map<ResourceKey, Endpoints>();
  readonly #slices = new Map<ResourceKey, EndpointSlice>();
  /** By the key of the service that they belong to. */
  readonly #slicesOf = new Map<ResourceKey, Set<ResourceKey>>();

  put(resource: Resource): void {
    const key = keyOfResource(resource);
    if (resource.kind === 'Service') this.#services.set(key, resource);
    else if (resource.kind === 'Endpoints') this.#endpoints.set(key, resource);
    else if (resource.kind === 'EndpointSlice') this.#putSlice(key, resource);
  }

  remove(key: ResourceKey): void {
    this.#services.delete(key);
    this.#endpoints.delete(key);
    this.#removeSlice(key);
  }

  beside(slice: EndpointSlice): BesideSlice {
    const { serviceName } = slice;
    if (serviceName === undefined) return {};
    const { namespace } = slice.metadata;
    return {
      service: this.#services.get(resourceKey('Service', namespace, serviceName)),
      endpoints: this.#endpoints.get(resourceKey('Endpoints', namespace, serviceName)),
    };
  }

  /** The slices whose needs may depend on the object of this key: those of a service, or of an Endpoints object. */
  dependingOn(key: ResourceKey): readonly EndpointSlice[] {
    const { kind, namespace, name } = splitResourceKey(key);
    if (kind !== 'Service' && kind !== 'Endpoints') return [];
    const keys = this.#slicesOf.get(resourceKey('Service', namespace, name)) ?? [];
    return Array.from(keys).flatMap((slice) => this.#slices.get(slice) ?? []);
  }

  #putSlice(key: ResourceKey, slice: EndpointSlice): void {
    this.#removeSlice(key);
    this.#slices.set(key, slice);
    const service = serviceOf(slice);
    if (service === undefined) return;
    const ofService = this.#slicesOf.get(service) ?? new Set();
    this.#slicesOf.set(service, ofService.add(key));
  }

  #removeSlice(key: ResourceKey): void {
    const slice = this.#slices.get(key);
    if (slice === undefined) return;
    this.#slices.delete(key);
    const service = serviceOf(slice);
    if (service === undefined) return;
    const ofService = this.#slicesOf.get(service);
    ofService?.delete(key);
    if (ofService?.size === 0) this.#slicesOf.delete(service);
  }
}

function serviceOf({ metadata, serviceName }: EndpointSlice): ResourceKey | undefined {
  return serviceName === undefined ? undefined : resourceKey('Service', metadata.namespace, serviceName);
}
