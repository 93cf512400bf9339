/** Entries of the maps as text for people. */
import { formatProtocol, type IpAddress, type Protocol } from '@polyplane/core/backend';
import {
  ALLOWED_SOURCE_KEY,
  BACKEND,
  BACKEND_FLAG,
  BACKEND_KEY,
  CONFIG,
  CONFIG_FLAG,
  ENDPOINT_TO_HOST,
  FRONTEND,
  FRONTEND_FLAG,
  FRONTEND_KEY,
  FRONTEND_KIND,
  IP_SET_KEY,
  LOCAL_BACKENDS,
  RANGE_GROUP,
  ROUTE,
  ROUTE_FLAG,
  ROUTE_KEY,
  SOURCE_RANGE_KEY,
} from '../layout/layouts';
import type { RenderedMap } from './map-entry';

/** Bits before those of an IPv4 address, before an address in a key that begins with a number, and of a whole address. */
const MAPPED_BITS = 96;
const NUMBER_BITS = 32;
const ADDRESS_BITS = 128;

type Formatter = (key: Buffer, value: Buffer) => string;

const FORMATTERS: Readonly<Record<RenderedMap, Formatter>> = {
  pp_config: formatConfig,
  pp_routes: (key, value) => {
    const { prefix_length, address } = ROUTE_KEY.decode(key);
    const { flags, ifindex, node } = ROUTE.decode(value);
    const details = [
      ...(ifindex === 0 ? [] : [`interface ${ifindex}`]),
      ...(node === undefined ? [] : [`node ${node}`]),
    ];
    return `${range(address, prefix_length)}: ${[...namesOf(ROUTE_FLAG, flags), ...details].join(', ')}`;
  },
  pp_allowed_sources: (key) => {
    const { prefix_length, ifindex, address } = ALLOWED_SOURCE_KEY.decode(key);
    return `interface ${ifindex}: ${range(address, prefix_length - NUMBER_BITS)}`;
  },
  pp_source_ranges: (key) => {
    const { prefix_length, group, address } = SOURCE_RANGE_KEY.decode(key);
    const [name] = Object.entries(RANGE_GROUP).find(([, number]) => number === group) ?? [`group ${hex(group)}`];
    return `${name}: ${range(address, prefix_length - NUMBER_BITS)}`;
  },
  pp_backends: (key, value) => {
    const { service, index } = BACKEND_KEY.decode(key);
    const { address, port, flags } = BACKEND.decode(value);
    const place = index >= LOCAL_BACKENDS ? `here ${index - LOCAL_BACKENDS}` : String(index);
    return `service ${hex(service)} [${place}]: ${end(address, port)}${flags === 0 ? '' : ` (${namesOf(BACKEND_FLAG, flags).join(', ')})`}`;
  },
  pp_frontends: (key, value) => {
    const { address, port, protocol, kind } = FRONTEND_KEY.decode(key);
    const { service, cluster_count, local_count, flags, affinity_seconds } = FRONTEND.decode(value);
    const isNodePort = kind !== FRONTEND_KIND.address;
    const dialled = isNodePort
      ? `node port ${port} of IPv${kind === FRONTEND_KIND.nodePort4 ? 4 : 6}`
      : end(address, port);
    const affinity = affinity_seconds === 0 ? [] : [`affinity ${affinity_seconds} s`];
    const more = [...namesOf(FRONTEND_FLAG, flags), ...affinity].map((word) => `, ${word}`).join('');
    return `${dialled}/${nameOf(protocol)}: service ${hex(service)}, ${cluster_count} endpoints, ${local_count} here${more}`;
  },
};

/** One line, without the map's name. */
export function formatEntry(map: RenderedMap, key: string, value: Buffer): string {
  return FORMATTERS[map](Buffer.from(key, 'latin1'), value);
}

/** A member of an IP set, by the key of `pp_ip_sets`. */
export function formatSetMember(key: string): string {
  const { prefix_length, set_id, address, protocol, port } = IP_SET_KEY.decode(Buffer.from(key, 'latin1'));
  const isRange = prefix_length <= NUMBER_BITS + ADDRESS_BITS;
  const member = isRange ? range(address, prefix_length - NUMBER_BITS) : `${end(address, port)}/${nameOf(protocol)}`;
  return `set ${hex(set_id)}: ${member}`;
}

function formatConfig(_key: Buffer, value: Buffer): string {
  const { layout, flags, node4, node6, endpoint_to_host, tunnel_port, closed } = CONFIG.decode(value);
  const [toHost = ''] = Object.entries(ENDPOINT_TO_HOST).find(([, number]) => number === endpoint_to_host) ?? [];
  const kinds = closed.filter(({ protocol }) => protocol !== 0);
  return [
    `layout ${layout}`,
    `node ${[node4, node6].filter((address) => address !== undefined).join(', ') || 'without address'}`,
    ...namesOf(CONFIG_FLAG, flags),
    `endpointToHost ${toHost}`,
    ...(tunnel_port === 0 ? [] : [`tunnel port ${tunnel_port}`]),
    ...kinds.map(({ protocol, port }) => `closed ${nameOf(protocol)}${port === 0 ? '' : ` ${port}`}`),
  ].join(', ');
}

function namesOf(flags: Readonly<Record<string, number>>, bits: number): readonly string[] {
  return Object.entries(flags).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]));
}

function range(address: IpAddress | undefined, bits: number): string {
  if (address === undefined) return `::/${bits}`;
  return `${address}/${address.includes(':') ? bits : bits - MAPPED_BITS}`;
}

function end(address: IpAddress | undefined, port: number): string {
  if (address === undefined) return `:${port}`;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function nameOf(protocol: number): string {
  // Any byte is a protocol's number.
  return formatProtocol(protocol as Protocol);
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}
