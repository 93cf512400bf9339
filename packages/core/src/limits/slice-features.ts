/** What EndpointSlices need of a dataplane, in view of their service and of its Endpoints object, which hold the same in the older form. */
import type { EndpointSlice, Endpoints, Service } from '../resources/kinds/kubernetes';
import type { FeatureUse } from './feature-use';
import { featuresOf } from './resource-features';

/** What is known of a slice's service; absent: no such object is there. */
export interface BesideSlice {
  readonly service?: Service | undefined;
  readonly endpoints?: Endpoints | undefined;
}

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MIRRORING = 'endpointslicemirroring-controller.k8s.io';
/** On an Endpoints object that holds 1,000 addresses of more. */
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

/** A dataplane that does not read the slice loses nothing where it needs not, or has the same from the Endpoints object. */
export function sliceFeatures(slice: EndpointSlice, beside: BesideSlice): readonly FeatureUse[] {
  const reason = reasonOfNoLoss(slice, beside);
  return featuresOf(slice).map((use) =>
    use.feature === 'endpointSlices' && reason !== undefined ? { ...use, withoutLoss: reason } : use,
  );
}

function reasonOfNoLoss(slice: EndpointSlice, { service, endpoints }: BesideSlice): string | undefined {
  if (slice.serviceName === undefined) return 'Nothing is lost here: the slice belongs to no service.';
  if (service?.spec.isHeadless) return 'Nothing is lost here: the service is headless, and no dataplane translates it.';
  if (slice.metadata.labels[MANAGED_BY] === MIRRORING) return 'Nothing is lost here: the slice mirrors Endpoints.';
  if (endpoints === undefined || !holdsAll(endpoints, slice)) return undefined;
  return 'Nothing is lost here: the Endpoints object is there, with the same addresses.';
}

/** Whether the dataplane finds every endpoint that it would send to; whose addresses after the first nobody reads. */
function holdsAll({ metadata, subsets }: Endpoints, { endpoints }: EndpointSlice): boolean {
  if (metadata.annotations[OVER_CAPACITY] !== undefined) return false;
  const held = new Set(subsets.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)));
  return endpoints.every(
    ({ addresses: [first], conditions }) => !conditions.ready || first === undefined || held.has(first),
  );
}
