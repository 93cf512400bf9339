/** Policies of kinds and API versions that are not read, though their writer evidently means to close something. */
import { distance } from 'fastest-levenshtein';
import type { ObjectRef } from '../state';
import { CLOSING_KINDS } from './closing-kinds';
import type { KindSchema } from './schema/kind-schema';
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
  {
    api: /^isovalent\.com\//,
    kinds: /^Isovalent(?:Clusterwide)?NetworkPolicy$/,
    remedy: OF_ANOTHER_SYSTEM,
  },
  { api: /^k8s\.ovn\.org\//, kinds: /^EgressFirewall$/, remedy: OF_ANOTHER_SYSTEM },
  { api: /^network\.openshift\.io\//, kinds: /^EgressNetworkPolicy$/, remedy: OF_ANOTHER_SYSTEM },
  { api: /^crd\.nsx\.vmware\.com\//, kinds: /^SecurityPolicy$/, remedy: OF_ANOTHER_SYSTEM },
];

/** Kinds that are read and that say what packets are let through, or that are policies at least. */
const POLICY_SCHEMAS: readonly KindSchema[] = Object.values(KIND_SCHEMAS).filter(
  ({ kind, apiKind }) => CLOSING_KINDS.has(kind) || apiKind.endsWith('NetworkPolicy'),
);
/** Words that kinds of any API may be called by. */
const COMMON_WORDS: ReadonlySet<string> = new Set(['Tier', 'Profile']);
/** So many letters are a slip of the pen; the names of kinds are further apart. */
const MAX_SLIP = 2;

/** What to do about an object that is a policy and of no kind that is read; undefined where it is no policy. */
export function unreadPolicyRemedy({ apiVersion, kind }: ObjectRef): string | undefined {
  const known = POLICY_APIS.find(({ api, kinds }) => api.test(apiVersion) && kinds.test(kind));
  if (known !== undefined) return known.remedy;
  const group = groupOf(apiVersion);
  const isOfGroup = ({ apiVersions }: KindSchema): boolean => apiVersions.some((version) => groupOf(version) === group);
  // Of a name that two APIs have, the one of the object's own API counts, or else Kubernetes', which stands first in the table.
  const [meant] = POLICY_SCHEMAS.map((schema) => ({
    schema,
    isOwn: isOfGroup(schema),
    far: slip(kind, schema.apiKind),
  }))
    .filter(({ schema, isOwn, far }) => far <= MAX_SLIP && (isOwn || !COMMON_WORDS.has(schema.apiKind)))
    .sort((a, b) => a.far - b.far || Number(b.isOwn) - Number(a.isOwn));
  if (meant === undefined) return undefined;
  const { apiKind, apiVersions } = meant.schema;
  return `the nearest that is read is ${apiKind} of ${apiVersions.find((version) => groupOf(version) === group) ?? apiVersions[0]}`;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** By how many letters a kind is another one; `networkpolicies` is the name of the resource, not of its kind. */
function slip(written: string, apiKind: string): number {
  // Longer ones are another kind whatever they say, and slow to compare.
  if (written.length > apiKind.length + 2 * MAX_SLIP) return Number.POSITIVE_INFINITY;
  return distance(written.toLowerCase().replace(/ies$/, 'y'), apiKind.toLowerCase());
}
