/**
 * A third party's backend in one file: the `folder` dataplane puts each object of the desired state into a JSON file of its own, for
 * whatever reads them there (an appliance, a review, another language). It imports `@polyplane/core/backend` and nothing else
 * of Polyplane; folder-backend.spec.ts runs the conformance kit on it.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ContainerModule } from 'inversify';
import { type Observable, Subject } from 'rxjs';
import {
  type Behaviours,
  backendOptionsToken,
  type Change,
  type CodeTable,
  CoreError,
  type DataplaneBackend,
  DataplaneBackend as DataplaneBackendToken,
  DataplaneError,
  type DataplaneErrorOptions,
  type DataplaneEvent,
  type DataplaneSession,
  type DesiredKey,
  type DesiredObject,
  DeltaTracker,
  type Drift,
  type IpSet,
  type LimitTable,
  type NodeContext,
  type NodeFacts,
  orderChanges,
  type Plan,
  type Transition,
} from '@polyplane/core/backend';

/** Options under `backends.folder`. */
export interface FolderOptions {
  /** Absolute; made when it is missing. Each node has a folder of its own in it. */
  readonly path: string;
}

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

/** For `container.load(coreModule(...), folderModule)` and for `polyplane --backend-module`. */
export const folderModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackendToken)
    .toDynamicValue((context) => {
      const options = context.get(backendOptionsToken<FolderOptions>('folder'), { optional: true });
      return new FolderBackend(options ?? { path: '/var/lib/polyplane/folder' });
    })
    .inSingletonScope();
});

export class FolderBackend implements DataplaneBackend {
  readonly name = 'folder';
  readonly codes = FOLDER_CODES;
  readonly limits: LimitTable = [];
  /** Files do nothing to packets: whoever reads them is expected to behave as the standard Linux dataplane. */
  readonly behaviours: Behaviours = {
    nodePortNat: 'targetedNode',
    nodePortSourceNat: 'byPolicy',
    externalSourceNat: 'byPolicy',
    serviceNat: 'clientNode',
    loadBalancing: 'random',
    isDirectServerReturn: false,
    establishedFlows: 'continue',
  };

  /** @throws FolderError PP_FOLDER_OPTION_INVALID */
  constructor(private readonly options: FolderOptions) {
    // Options come from a configuration file: their type is a hope until it is checked.
    if (typeof options.path === 'string' && isAbsolute(options.path)) return;
    throw new FolderError('PP_FOLDER_OPTION_INVALID', 'path must be an absolute path', { isRetriable: false });
  }

  async probe(): Promise<NodeFacts> {
    return { backend: this.name, facts: { path: this.options.path }, missing: [] };
  }

  async open({ nodeName }: NodeContext): Promise<FolderSession> {
    const folder = new ObjectFolder(join(this.options.path, nodeName));
    return new FolderSession(folder, await folder.read());
  }

  render(transition: Transition): Plan {
    return new FolderSession(new ObjectFolder(this.options.path), new Map()).plan(transition);
  }
}

/** What is to be written (text) or removed (undefined), in a safe order. */
interface FolderPlan extends Plan {
  readonly files: readonly (readonly [key: DesiredKey, text: string | undefined])[];
  readonly generation: number;
}

class FolderSession implements DataplaneSession<FolderPlan> {
  /** Wanted: what successful applies asked for. There: what the folder holds. */
  private readonly tracker = new DeltaTracker<DesiredKey, string>();
  private readonly events = new Subject<DataplaneEvent>();
  readonly events$: Observable<DataplaneEvent> = this.events.asObservable();
  /** Counts successful applies; with none, nothing was asked for that an audit could miss. */
  private generation = 0;

  constructor(
    private readonly folder: ObjectFolder,
    adopted: ReadonlyMap<DesiredKey, string>,
  ) {
    this.tracker.observeOnly(adopted);
  }

  plan({ revision, scope, changes }: Transition): FolderPlan {
    const wanted = changes.flatMap((change) => this.fileOf(change));
    const named = new Set(wanted.map(([key]) => key));
    const extra = scope === 'full' ? this.tracker.keysThere().filter((key) => !named.has(key)) : [];
    const removals = orderChanges(extra.map((key) => ({ op: 'remove', key })));
    const files = [...wanted, ...removals.flatMap((change) => this.fileOf(change))].filter(
      ([key, text]) => this.tracker.getActual(key) !== text,
    );
    const print = (): string => files.map(([key, text]) => `${fileName(key)} ${text ?? 'removed'}`).join('\n');
    return { revision, isEmpty: files.length === 0, files, generation: this.generation, print };
  }

  async apply(plan: FolderPlan): Promise<void> {}
}
