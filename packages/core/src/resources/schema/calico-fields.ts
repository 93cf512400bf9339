/** The building blocks of Calico's schemas: nets, protocols, ports and selectors as its API validates them. */
import { z } from 'zod';
import { CoreError } from '../../core-error';
import {
  type Cidr,
  type PortRange,
  type Protocol,
  parseCidr,
  parseIpAddress,
  parsePortRange,
  parseProtocol,
  SCTP,
  splitCidr,
  TCP,
  UDP,
} from '../../state';
import { parseSelector } from '../selectors/selector';
import { parsed, quote, textOf } from './fields';
import { isDnsSubdomain } from './names';

const MAX_SELECTOR_LENGTH = 1024;
const PROTOCOL_NAME = /^(TCP|UDP|ICMP|ICMPv6|SCTP|UDPLite)$/;
const CALICO_PORT_NAME = /^[a-zA-Z0-9_.-]{1,128}$/;

/** A DNS subdomain: what Calico's API calls a name. */
export const calicoName = textOf(isDnsSubdomain, 'a name (lower case a-z, 0-9, - and ., at most 253)');

/** A range without host bits, or an address alone. */
export const net = parsed(z.string(), parseNet);

/** A range without host bits, always with a length. */
export const strictNet = parsed(z.string(), (value): Cidr => {
  if (!value.includes('/')) throw invalid(`${quote(value)} is not an address range: address/length`);
  return parseNet(value);
});

/** A name in Calico's spelling, or a number 1-255 as number or text. */
export const calicoProtocol = parsed(
  z.union([z.int(), z.string()], { error: 'expected a protocol name or number' }),
  (value): Protocol => {
    if (typeof value === 'string' && !PROTOCOL_NAME.test(value) && !/^\d{1,3}$/.test(value)) {
      throw invalid(`${quote(value)} is not a protocol: TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite or 1-255`);
    }
    const protocol = parseProtocol(value);
    if (protocol === 0) throw invalid('0 is not a protocol that rules can match');
    return protocol;
  },
);

/** A port number, `first:last`, or the name of a port. */
export const calicoPort = parsed(
  z.union([z.int(), z.string()], { error: 'expected a port number, first:last, or a port name' }),
  (value): PortRange | string => {
    const match = typeof value === 'number' ? undefined : /^(\d{1,6})(?::(\d{1,6}))?$/.exec(value);
    if (typeof value === 'string' && !match) {
      if (!CALICO_PORT_NAME.test(value)) throw invalid(`${quote(value)} is not a port, a port range or a port name`);
      return value;
    }
    const first = typeof value === 'number' ? value : Number(match?.[1]);
    const last = match?.[2] === undefined ? first : Number(match[2]);
    if (first === 0) throw invalid(`${quote(value)}: ports begin at 1`);
    return parsePortRange(first, last);
  },
);

/** A selector's text; null, absent and empty are absent. `global()` is refused where `isEntityNamespace` does not hold. */
export const selector = selectorText((value) => !value.includes('global('), MAX_SELECTOR_LENGTH);

/** A rule's namespace selector: any selector, or `global()` alone. */
export const ruleNamespaceSelector = selectorText(
  (value) => !value.includes('global(') || /^\s*global\(\s*\)\s*$/.test(value),
  MAX_SELECTOR_LENGTH,
).transform((value) => (value?.includes('global(') ? 'global()' : value));

/** A selector that may say anything, of any length that the language allows. */
export const anySelector = selectorText(() => true, Number.POSITIVE_INFINITY);

/** True for the protocols whose ports Calico's rules and endpoints may name. */
export function takesPorts(protocol: Protocol): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP;
}

export function isNumeric(port: PortRange | string): port is PortRange {
  return typeof port !== 'string';
}

function selectorText(mayUseGlobal: (value: string) => boolean, maxLength: number) {
  return parsed(z.string().nullish(), (value): string | undefined => {
    if (value === undefined || value === null || value === '') return undefined;
    if (value.length > maxLength) throw invalid(`a selector of ${value.length} characters, more than ${maxLength}`);
    if (!mayUseGlobal(value)) throw invalid('global() stands alone, in the namespaceSelector of a rule only');
    parseSelector(value);
    return value;
  });
}

function parseNet(value: string): Cidr {
  const range = parseCidr(value);
  const written = parseIpAddress(value.includes('/') ? value.slice(0, value.indexOf('/')) : value);
  const { address } = splitCidr(range);
  if (address !== written) throw invalid(`${quote(value)} has host bits: its range begins at ${address}`);
  return range;
}

function invalid(message: string): CoreError {
  return new CoreError('PP_ADDRESS_INVALID', message);
}
