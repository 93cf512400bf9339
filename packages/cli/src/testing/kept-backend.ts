/** A backend for tests whose target outlives the command that opened it; it programs nothing, so it needs no root. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend } from '@polyplane/core';
import { FakeBackend } from '@polyplane/core/testing';

/** One for all commands that the test's own process runs. */
export const KEPT_BACKEND = new FakeBackend({ name: 'kept' });

export const keptModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend).toConstantValue(KEPT_BACKEND);
});
