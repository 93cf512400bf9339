/** What an IP set stands for, and the key that follows from it. */
import { createHash } from 'node:crypto';
import type { Selector } from '../resources/selectors';
import { formatProtocol, type IpSet, type IpSetKey, type Protocol } from '../state';

export interface IpSetDefinition {
  readonly key: IpSetKey;
  readonly kind: IpSet['kind'];
  readonly members: SelectedMembers | NodeMembers | ServiceMembers;
  readonly description: string;
}

/** Addresses and nets of everything that a selector picks; with `namedPort`, its port of that name and protocol. */
export interface SelectedMembers {
  readonly of: 'selector';
  readonly selector: Selector;
  readonly namedPort?: { readonly name: string; readonly protocol: Protocol };
  /** Ranges that cannot be read count as every address, not as none. */
  readonly unreadIsAny?: true;
}

/** Addresses of the nodes that a selector picks by their own labels. */
export interface NodeMembers {
  readonly of: 'nodes';
  readonly selector: Selector;
}

/** Addresses, or addresses with ports, of all endpoints of a service, ready or not. */
export interface ServiceMembers {
  readonly of: 'service';
  /** `namespace/name`. */
  readonly service: string;
}

export function netSet(selector: Selector): IpSetDefinition {
  return define('net', selector.canonical, { of: 'selector', selector });
}

/** As {@link netSet}, where ranges that cannot be read may be any: with such, every address. */
export function widestNetSet(selector: Selector): IpSetDefinition {
  const description = `${selector.canonical}, unread ranges as any`;
  return define('net', description, { of: 'selector', selector, unreadIsAny: true });
}

export function namedPortSet(selector: Selector, protocol: Protocol, name: string): IpSetDefinition {
  const description = `port ${formatProtocol(protocol)}:${name} of ${selector.canonical}`;
  return define('addressPort', description, { of: 'selector', selector, namedPort: { name, protocol } });
}

export function nodeSet(selector: Selector): IpSetDefinition {
  return define('net', `nodes ${selector.canonical}`, { of: 'nodes', selector });
}

/** `kind`: whether the endpoints' ports count. */
export function serviceSet(kind: IpSet['kind'], namespace: string, name: string): IpSetDefinition {
  const service = `${namespace}/${name}`;
  return define(kind, `endpoints of service ${service}`, { of: 'service', service });
}

/** The key is a digest: names of cluster objects must not decide its length or characters. */
function define(kind: IpSet['kind'], description: string, members: IpSetDefinition['members']): IpSetDefinition {
  const digest = createHash('sha256').update(`${kind}\n${members.of}\n${description}`).digest('base64url');
  return { key: `ipSet/${digest.slice(0, 27)}` as IpSetKey, kind, members, description };
}
