/** One verdict for a packet that may go several ways. */
import type { Verdict } from './packet';

/** The verdict common to all; where they differ, `deny`. */
export function commonVerdict(ways: readonly { readonly verdict: Verdict }[]): Verdict {
  const verdict = ways[0]?.verdict ?? 'drop';
  return ways.every((way) => way.verdict === verdict) ? verdict : 'deny';
}
