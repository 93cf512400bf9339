/** A backend of a third party, for tests: it comes from a module that the command does not know. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend } from '@polyplane/core';
import { FakeBackend } from '@polyplane/core/testing';

export const thirdPartyModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend).toConstantValue(new FakeBackend({ name: 'third-party' }));
});
