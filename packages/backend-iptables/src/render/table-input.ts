/** What the tables of policy are rendered from. */
import type { DesiredState, HostEndpointTable, IpFamily, NodeSettings } from '@polyplane/core/backend';
import type { Marks } from './marks';
import type { PolicyChains } from './policy-chains';

export interface TableInput {
  readonly state: DesiredState;
  readonly settings: NodeSettings;
  readonly family: IpFamily;
  readonly marks: Marks;
  readonly hosts: HostEndpointTable;
  /** The chains of one table, empty. */
  makePolicy(): PolicyChains;
  /** Takes the sets that a table's rules name. */
  addSets(policy: PolicyChains): void;
}
