/**
 * What the host itself sends to a service. The OUTPUT chains see the interface that was routed before the translation, also those
 * that come after it; only POSTROUTING sees the one by which the packet leaves. So OUTPUT leaves the packet to it, marked.
 */
import type { Marks } from './marks';
import { fixedChain } from './names';
import { formatRule, type ModuleMatch, type RuleText } from './rule-text';

/** Filter: marks the packet, and leaves it to {@link isTranslatedOutput}. */
export const TRANSLATED_OUTPUT_CHAIN = fixedChain('TRANSLATED-OUTPUT');

/** What OUTPUT leaves to POSTROUTING: no verdict is an accept and a pass at once. */
export function isTranslatedOutput({ accept, pass }: Marks): ModuleMatch & { readonly kind: 'mark' } {
  return { kind: 'mark', value: accept | pass, mask: accept | pass };
}

/** The rules of {@link TRANSLATED_OUTPUT_CHAIN}. */
export function renderTranslatedOutputMark({ accept, pass }: Marks): readonly RuleText[] {
  return [formatRule({ target: { kind: 'mark', value: accept | pass, mask: accept | pass } })];
}
