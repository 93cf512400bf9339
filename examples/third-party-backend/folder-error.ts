/** The error class of the folder backend and the table of its codes. */
import { type CodeTable, DataplaneError, type DataplaneErrorOptions } from '@polyplane/core/backend';

export const FOLDER_CODES = {
  PP_FOLDER_OPTION_INVALID: {
    kind: 'error',
    meaning: 'The option `path` of the folder backend is no absolute path.',
    remedy: 'Write the absolute path of a folder under `backends.folder.path`.',
  },
  PP_FOLDER_FAILED: {
    kind: 'error',
    meaning: 'A file of the folder could not be read, written or removed.',
    remedy: 'See the cause: rights, or a full disk. It is tried again.',
  },
} as const satisfies CodeTable;

export class FolderError extends DataplaneError<keyof typeof FOLDER_CODES> {
  constructor(code: keyof typeof FOLDER_CODES, message: string, options: DataplaneErrorOptions) {
    super(code, message, options);
  }
}

/** Whatever fails at the file system may work when it is tried again. */
export async function attempt<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new FolderError('PP_FOLDER_FAILED', `${what}: ${String(cause)}`, { isRetriable: true, cause });
  }
}
