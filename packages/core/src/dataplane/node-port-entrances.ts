/** Where among the node's own addresses node ports answer. */
import { type Cidr, familyOf, type IpFamily, type NodeSettings, parseCidr } from '../state';

/** Where node ports answer only if the settings say so. */
export const IPV4_LOOPBACK: Cidr = parseCidr('127.0.0.0/8');
/** Where they never do: what is sent from here leaves the host for nobody. */
const IPV6_LOOPBACK: Cidr = parseCidr('::1/128');

/** Of the node's own addresses of one family. */
export interface NodePortEntrances {
  /** Node ports answer on none of these, whatever `ranges` say. */
  readonly excluded: readonly Cidr[];
  /** Absent: on every address of the node. */
  readonly ranges?: readonly Cidr[];
}

/**
 * By the node's settings. Loopback answers on IPv4 only, and only when wanted. Ranges of one family alone close the node ports of the
 * other (kube-proxy opens them on every address).
 */
export function nodePortEntrances(family: IpFamily, settings: NodeSettings): NodePortEntrances {
  const excluded = family === 6 ? [IPV6_LOOPBACK] : settings.localhostNodePorts ? [] : [IPV4_LOOPBACK];
  const ranges = settings.nodePortAddresses?.filter((range) => familyOf(range) === family);
  return ranges === undefined ? { excluded } : { excluded, ranges };
}
