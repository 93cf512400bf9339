/** The folder backend for a container: `container.load(coreModule(...), folderModule)`, or `polyplane --backend-module`. */
import { ContainerModule } from 'inversify';
import { backendOptionsToken, DataplaneBackend } from '@polyplane/core/backend';
import { FolderBackend, type FolderOptions } from './folder-backend';

/** Binds the backend named `folder`; its options are what a configuration has under `backends.folder`. */
export const folderModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend)
    .toDynamicValue((context) => {
      const options = context.get(backendOptionsToken<FolderOptions>('folder'), { optional: true });
      return new FolderBackend(options ?? { path: '/var/lib/polyplane/folder' });
    })
    .inSingletonScope();
});
