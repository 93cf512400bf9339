/** What an IP set stands for, and the key that follows from it. */
import { createHash } from 'node:crypto';
import type { Selector } from '../resources/selectors';
import { formatProtocol, type IpSetKey, type Protocol } from '../state';

/** Addresses of everything that a selector picks, or those that have a certain named port. */
export type IpSetDefinition =
  | { readonly kind: 'net'; readonly key: IpSetKey; readonly selector: Selector; readonly description: string }
  | {
      readonly kind: 'addressPort';
      readonly key: IpSetKey;
      readonly selector: Selector;
      readonly portName: string;
      readonly protocol: Protocol;
      readonly description: string;
    };

export function netSet(selector: Selector): IpSetDefinition {
  const description = selector.canonical;
  return { kind: 'net', key: keyOf('net', description), selector, description };
}

export function namedPortSet(selector: Selector, protocol: Protocol, portName: string): IpSetDefinition {
  const description = `port ${formatProtocol(protocol)}:${portName} of ${selector.canonical}`;
  return { kind: 'addressPort', key: keyOf('addressPort', description), selector, portName, protocol, description };
}

/** A digest: names of cluster objects must not decide its length or characters. */
function keyOf(kind: string, meaning: string): IpSetKey {
  return `ipSet/${createHash('sha256').update(`${kind}\n${meaning}`).digest('base64url').slice(0, 27)}` as IpSetKey;
}
