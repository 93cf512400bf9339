/** Policies of kinds and API versions that are not read, though their writer evidently means to close something. */
import type { ObjectRef } from '../state';
import { KIND_SCHEMAS } from './schema/kinds';

/** What users write of a policy, told apart from kinds that have nothing to do with it. */
interface PolicyApi {
  /** Of the API version, with or without the version. */
  readonly api: RegExp;
  readonly kinds: RegExp;
  /** What to do in its place. */
  readonly remedy: string;
}

const OF_ANOTHER_SYSTEM =
  'it is of another network’s own API; write it as NetworkPolicy of networking.k8s.io/v1 or as one of Calico’s policies';

/** The policy APIs of other systems, and of times before the present ones. */
const POLICY_APIS: readonly PolicyApi[] = [
  {
    // Of calicoctl before version 3: in part of another meaning (`action: allow`, tags, both directions unless said).
    api: /^v1$/,
    kinds: /^(?:policy|profile|hostEndpoint|workloadEndpoint|tier)$/,
    remedy: 'it is of Calico’s API before v3; write it as projectcalico.org/v3 (`calicoctl convert`)',
  },
  { api: /^cilium\.io\//, kinds: /^Cilium(?:Clusterwide)?NetworkPolicy$|^CiliumCIDRGroup$/, remedy: OF_ANOTHER_SYSTEM },
  {
    api: /^(?:crd\.antrea\.io|(?:security|crd)\.antrea\.tanzu\.vmware\.com)\//,
    kinds: /^(?:(?:Cluster)?NetworkPolicy|Tier|(?:Cluster)?Group)$/,
    remedy: OF_ANOTHER_SYSTEM,
  },
  { api: /^k8s\.ovn\.org\//, kinds: /^EgressFirewall$/, remedy: OF_ANOTHER_SYSTEM },
  { api: /^network\.openshift\.io\//, kinds: /^EgressNetworkPolicy$/, remedy: OF_ANOTHER_SYSTEM },
  { api: /^crd\.nsx\.vmware\.com\//, kinds: /^SecurityPolicy$/, remedy: OF_ANOTHER_SYSTEM },
];

/** Kinds of policies that are read, by their names in small letters: who writes one with another API version means it. */
const POLICY_KINDS: ReadonlyMap<string, string> = new Map(
  Object.values(KIND_SCHEMAS)
    .filter(({ apiKind }) => apiKind.endsWith('NetworkPolicy'))
    .map(({ apiKind, apiVersions }): [string, string] => [apiKind.toLowerCase(), `${apiKind} of ${apiVersions[0]}`])
    // Of a name that two APIs have, Kubernetes' stands first in the table and counts.
    .reverse(),
);

/** What to do about an object that is a policy and of no kind that is read; undefined where it is no policy. */
export function unreadPolicyRemedy({ apiVersion, kind }: ObjectRef): string | undefined {
  const known = POLICY_APIS.find(({ api, kinds }) => api.test(apiVersion) && kinds.test(kind));
  if (known !== undefined) return known.remedy;
  const meant = POLICY_KINDS.get(kind.toLowerCase()) ?? POLICY_KINDS.get(singular(kind.toLowerCase()));
  return meant === undefined ? undefined : `the nearest that is read is ${meant}`;
}

/** `networkpolicies` is the name of the resource, not of its kind. */
function singular(kind: string): string {
  return kind.replace(/ies$/, 'y');
}
