/** `polyplane cleanup`: removes every trace of a backend, or of all, from this network namespace. */
import { Command, Option } from 'commander';
import { type BackendRegistry, CoreError, type DataplaneBackend, type HeldLock, SocketLock } from '@polyplane/core';
import { type CleanUp, cleanUp, formatTracedPart } from '../clean-up';
import { CliError } from '../cli-error';
import { ExitCode } from '../exit-code';
import { loadBackends, SIMULATOR } from '../load-backends';
import { contextOf, ownNodeName } from '../node-context';
import { backendModuleOption, nodeOption } from '../options';
import { formatTable, type OutputFormat, outputOption, printData } from '../output';
import { printable } from '../printable';
import { printWarning, reportError } from '../report-error';
import { requireRoot } from '../root';

interface CleanupOptions {
  readonly backend?: string;
  readonly node?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly backendModule: readonly string[];
  readonly output: OutputFormat;
}

export function cleanupCommand(): Command {
  return new Command('cleanup')
    .addOption(new Option('--backend <name>', 'whose traces (default: every backend’s)'))
    .addOption(nodeOption('the node that this host is (default: $NODE_NAME, then the host’s name)'))
    .option('--dry-run', 'say what is there, and remove nothing')
    .option('--force', 'also while a node agent is at work, whose next audit puts everything back')
    .addOption(backendModuleOption())
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(cleanup);
}

async function cleanup(options: CleanupOptions): Promise<void> {
  const backends = chooseBackends(loadBackends(options.backendModule), options.backend);
  const nodeName = ownNodeName(options.node);
  if (backends.some(({ claim }) => claim !== undefined)) requireRoot('polyplane cleanup');
  const lock = options.dryRun ? undefined : await takeLock(backends, nodeName, options.force === true);
  try {
    const done: CleanUp[] = [];
    for (const backend of backends) done.push(await cleanUp(backend, contextOf(nodeName), options.dryRun === true));
    report(done, options);
  } finally {
    await lock?.release();
  }
}

function chooseBackends(registry: BackendRegistry, name: string | undefined): readonly DataplaneBackend[] {
  if (name !== undefined) return [registry.get(name)];
  return registry.names.filter((one) => one !== SIMULATOR).map((one) => registry.get(one));
}

/**
 * Held until the end, so that no agent starts meanwhile. Undefined where nothing that agents share is touched, or one is at work and that
 * does not matter.
 * @throws CoreError PP_AGENT_ALREADY_RUNNING
 */
async function takeLock(
  backends: readonly DataplaneBackend[],
  nodeName: string,
  isForced: boolean,
): Promise<HeldLock | undefined> {
  const claimed = backends.find(({ claim }) => claim !== undefined);
  if (claimed === undefined) return undefined;
  try {
    return await new SocketLock().take({ nodeName, backend: `${claimed.name} (cleanup)` });
  } catch (error) {
    if (!(error instanceof CoreError && error.code === 'PP_AGENT_ALREADY_RUNNING')) throw error;
    if (!isForced)
      throw new CoreError(error.code, `${error.message}, and would put everything back; --force cleans up even so`);
    printWarning(`${error.message}; its next audit puts back what it wants in force`);
    return undefined;
  }
}

/** A backend that nobody named, and that cannot run here, has left nothing. */
function report(done: readonly CleanUp[], { output, backend }: CleanupOptions): void {
  printData(output, { backends: done }, () => formatCleanUps(done));
  const failures = done.flatMap((one) =>
    one.outcome === 'failed' || (one.outcome === 'notHere' && backend !== undefined) ? [one] : [],
  );
  for (const { backend: name, message } of failures) {
    process.exitCode = reportError(new CliError('PP_CLI_TRACES_LEFT', `${name}: ${message}`));
  }
  process.exitCode ??= ExitCode.ok;
}

function formatCleanUps(done: readonly CleanUp[]): string {
  return formatTable(
    ['BACKEND', 'WAS HERE', 'OUTCOME'],
    done.flatMap(rowsOf).map((row) => row.map(printable)),
  );
}

function rowsOf(done: CleanUp): readonly (readonly string[])[] {
  switch (done.outcome) {
    case 'nothing':
      return [[done.backend, 'nothing', '']];
    case 'notHere':
      return [[done.backend, 'nothing', `it cannot run here: ${done.message}`]];
    case 'failed':
      return [[done.backend, '', `failed: ${done.message}`]];
    case 'removed':
    case 'wouldBeRemoved': {
      const outcome = done.outcome === 'removed' ? 'removed' : 'would be removed';
      const { parts } = done;
      if (parts === undefined) return [[done.backend, 'it does not say', outcome]];
      return parts.map((part, index) => [index === 0 ? done.backend : '', formatTracedPart(part), outcome]);
    }
  }
}
