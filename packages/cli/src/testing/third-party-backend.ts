/** A backend of a third party, for tests: it comes from a module that the command does not know. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend, type Limit } from '@polyplane/core';
import { FakeBackend } from '@polyplane/core/testing';

const NO_AFFINITY: Limit = {
  code: 'PP_LIMIT_THIRD_PARTY_AFFINITY',
  feature: 'sessionAffinity',
  support: 'unsupported',
  effect: 'objectIgnored',
  message: 'The third party has no session affinity.',
  remedy: 'Do without.',
  source: 'this test',
  liftedBy: { name: 'ThirdPartyAffinity', stage: 'alpha' },
};

export const thirdPartyModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend).toConstantValue(new FakeBackend({ name: 'third-party', limits: [NO_AFFINITY] }));
});
