/** What nat holds beside services: floating addresses, and masquerading of pools. */
import type { DesiredState, IpFamily, NodeSettings } from '@polyplane/core/backend';
import { renderFloatingAddresses } from './floating-addresses';
import type { ChainName } from './names';
import { OUTGOING_CHAIN, renderOutgoing } from './outgoing-nat';
import type { RuleText } from './rule-text';
import type { Chains } from './ruleset';

/** Chains of nat, and the rules that lead into them. */
export interface AddressTranslations {
  readonly chains: Chains;
  /** Before any service is asked: what has a floating address is not the service's. */
  readonly arriving: readonly RuleText[];
  /** Before the source is translated for a service's sake. */
  readonly leaving: readonly RuleText[];
}

/** Renders the translations of each family; as long as they stay the same, the same object. */
export class TranslationsRenderer {
  private readonly last = new Map<IpFamily, { readonly text: string; readonly translations: AddressTranslations }>();

  render(state: DesiredState, settings: NodeSettings, family: IpFamily): AddressTranslations {
    const chains = new Map<ChainName, readonly RuleText[]>();
    const { arriving, leaving } = renderFloatingAddresses(state, family, chains);
    chains.set(OUTGOING_CHAIN, renderOutgoing(state, settings, family));
    const text = JSON.stringify([[...chains], arriving, leaving]);
    const last = this.last.get(family);
    if (last?.text === text) return last.translations;
    const translations = { chains, arriving, leaving };
    this.last.set(family, { text, translations });
    return translations;
  }
}
