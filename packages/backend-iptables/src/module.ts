/** The iptables backend for a container. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend } from '@polyplane/core/backend';
import { IptablesBackend } from './backend';
import { IptablesOptions } from './options';

/** Binds the backend named `iptables`; options, if any, are what the container has under `IptablesOptions`. */
export const iptablesModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend)
    .toDynamicValue((context) => new IptablesBackend(context.get(IptablesOptions, { optional: true }) ?? {}))
    .inSingletonScope();
});
