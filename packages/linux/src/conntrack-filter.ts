/** Which entries of connection tracking are meant, and how `conntrack` is told. */
import type { IpAddress, IpFamily } from '@polyplane/core/address';

/** Entries of one family, by what each of them must have; absent: any. */
export interface ConntrackFilter {
  readonly family: IpFamily;
  readonly originalSource?: IpAddress;
  readonly originalDestination?: IpAddress;
  /** Who answers. */
  readonly replySource?: IpAddress;
}

/** Arguments of `conntrack` that delete what the filter names. */
export function formatRemoval(filter: ConntrackFilter): readonly string[] {
  const options: readonly (readonly [option: string, value: string | undefined])[] = [
    ['--orig-src', filter.originalSource],
    ['--orig-dst', filter.originalDestination],
    ['--reply-src', filter.replySource],
  ];
  const given = options.flatMap(([option, value]) => (value === undefined ? [] : [option, value]));
  return ['-D', '-f', filter.family === 4 ? 'ipv4' : 'ipv6', ...given];
}
