/** Finds out which of the kinds that Polyplane reads a cluster's API offers, and where. */
import { z } from 'zod';
import type { ResourceKind } from '../resources/resource';
import { KIND_SCHEMAS } from '../resources/schema/kinds';
import { type KubernetesApi, unreachable } from './kubernetes-api';

/** A kind as this API server offers it. */
export interface OfferedKind {
  readonly kind: ResourceKind;
  readonly apiVersion: string;
  readonly apiKind: string;
  /** Of the list of all its objects, in every namespace. */
  readonly path: string;
}

const resourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), verbs: z.array(z.string()).nullish() })),
});
type ApiResource = z.infer<typeof resourceList>['resources'][number];

/**
 * The kinds that can be listed and watched; of a kind that is offered in several API versions the first in our order.
 * Rejects with CoreError PP_CLUSTER_UNREACHABLE.
 */
export async function discoverKinds(
  api: KubernetesApi,
  kinds: readonly ResourceKind[],
  signal: AbortSignal,
): Promise<readonly OfferedKind[]> {
  const schemas = kinds.map((kind) => KIND_SCHEMAS[kind]);
  const offers = new Map<string, readonly ApiResource[]>();
  for (const version of new Set(schemas.flatMap(({ apiVersions }) => apiVersions))) {
    offers.set(version, await readOffer(api, version, signal));
  }
  return schemas.flatMap(({ kind, apiKind, apiVersions }) => {
    for (const apiVersion of apiVersions) {
      const resource = offers.get(apiVersion)?.find((offer) => offer.kind === apiKind && isReadable(offer));
      if (resource !== undefined)
        return [{ kind, apiVersion, apiKind, path: `${pathOf(apiVersion)}/${resource.name}` }];
    }
    return [];
  });
}

async function readOffer(api: KubernetesApi, version: string, signal: AbortSignal): Promise<readonly ApiResource[]> {
  const answer = await api.get(pathOf(version), {}, signal);
  if (answer.isSuccess) {
    const parsed = resourceList.safeParse(answer.body);
    if (parsed.success) return parsed.data.resources;
    throw unreachable(`what ${version} offers is not told in the API's form`);
  }
  if (answer.status === 404) return [];
  throw unreachable(`what ${version} offers is not told: ${answer.message}`);
}

/** Subresources have a slash in their name. */
function isReadable({ name, verbs }: ApiResource): boolean {
  return !name.includes('/') && ['list', 'watch'].every((verb) => verbs?.includes(verb));
}

function pathOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
