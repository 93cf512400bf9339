/** Which entries of connection tracking are meant, and how `conntrack` is told. */
import type { IpAddress, IpFamily } from '@polyplane/core/address';

/** Entries of one family, by what each of them must have; absent: any. */
export interface ConntrackFilter {
  readonly family: IpFamily;
  readonly protocol?: 'udp';
  readonly originalSource?: IpAddress;
  readonly originalDestination?: IpAddress;
  /** Needs `protocol`. */
  readonly originalDestinationPort?: number;
  /** Where DNAT sends it. */
  readonly translatedTo?: IpAddress;
  /** Who answers. */
  readonly replySource?: IpAddress;
}

/** Arguments of `conntrack` that delete what the filter names. */
export function formatRemoval(filter: ConntrackFilter): readonly string[] {
  const options: readonly (readonly [option: string, value: string | number | undefined])[] = [
    ['-p', filter.protocol],
    ['--orig-src', filter.originalSource],
    ['--orig-dst', filter.originalDestination],
    ['--orig-port-dst', filter.originalDestinationPort],
    ['--dst-nat', filter.translatedTo],
    ['--reply-src', filter.replySource],
  ];
  const given = options.flatMap(([option, value]) => (value === undefined ? [] : [option, String(value)]));
  return ['-D', '-f', filter.family === 4 ? 'ipv4' : 'ipv6', ...given];
}
