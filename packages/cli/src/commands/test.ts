/** `polyplane test`: runs conformance suites against the simulator or a real dataplane. */
import { Argument, Command, Option } from 'commander';
import { type Suite, type SuitesReport, summarize } from '@polyplane/conformance';
import type { DataplaneBackend } from '@polyplane/core';
import { ProgressBar } from '../check/progress-bar';
import { CliError } from '../cli-error';
import { ExitCode } from '../exit-code';
import { loadBackends } from '../load-backends';
import { readSuites, suitePath } from '../named-suites';
import { backendModuleOption } from '../options';
import { outputOption, printLine } from '../output';
import { printNote, reportError } from '../report-error';
import { chooseJobs } from '../suite-runs/choose-jobs';
import { runInWorkers } from '../suite-runs/run-in-workers';
import { PROCESS_CLOCK, runMeasured, type SuiteRun } from '../suite-runs/suite-run';
import { formatClosingLine, formatTestTable } from '../test-report';
import { formatJunit } from '../test-report-junit';
import { WatchedPaths } from '../watched-paths';

interface TestOptions {
  readonly backend: string;
  readonly backendModule: readonly string[];
  readonly output: 'table' | 'json' | 'junit';
  readonly jobs?: number;
  readonly watch?: boolean;
}

export function testCommand(): Command {
  return new Command('test')
    .addArgument(
      new Argument('<suite...>', 'suite files, folders of them, or names of suites that come with polyplane'),
    )
    .addOption(
      new Option('--backend <name>', 'the dataplane that is judged; all but the simulator need root').default(
        'simulator',
      ),
    )
    .addOption(backendModuleOption())
    .addOption(outputOption(['table', 'json', 'junit']))
    .addOption(
      new Option(
        '-j, --jobs <number>',
        'run suites in so many processes at once (default: as many as pay on this machine)',
      ).argParser(parseJobs),
    )
    .option('--watch', 'run again whenever a file beside the suites changes, until ^C')
    .action(async (names: readonly string[], options: TestOptions) => {
      const backend = loadBackends(options.backendModule).get(options.backend);
      const run = () => runOnce(names, backend, options);
      process.exitCode = options.watch ? await runAtEachChange(names, run) : await run();
    });
}

async function runOnce(names: readonly string[], backend: DataplaneBackend, options: TestOptions): Promise<ExitCode> {
  const suites = readSuites(names);
  const progress = new ProgressBar('suites');
  let done = 0;
  const onRun = () => progress.show(++done, suites.length);
  const runs = await runAll(suites, backend, options, onRun).finally(() => progress.finish());
  const report = summarize(runs.map((run) => run.report));
  print(report, runs, options.output);
  return report.failed > 0 ? ExitCode.no : ExitCode.ok;
}

/** In this process, or in several. */
async function runAll(
  suites: readonly Suite[],
  backend: DataplaneBackend,
  { jobs, backendModule: backendModules }: TestOptions,
  onRun: () => void,
): Promise<readonly SuiteRun[]> {
  const workers = chooseJobs(jobs, suites, backend);
  const now = PROCESS_CLOCK;
  if (workers > 1) return runInWorkers({ suites, backend: backend.name, backendModules, workers, now, onRun });
  const runs: SuiteRun[] = [];
  const keep = (run: SuiteRun) => {
    runs.push(run);
    onRun();
  };
  await runMeasured({ suites, backend, now, onRun: keep });
  return runs;
}

/** The exit code of the last run. What is wrong with a suite is told, and the next change awaited. */
async function runAtEachChange(names: readonly string[], run: () => Promise<ExitCode>): Promise<ExitCode> {
  const paths = new WatchedPaths(names.map(suitePath));
  let exitCode: ExitCode;
  try {
    do {
      exitCode = await run().catch(reportError);
    } while (await awaitChange(paths));
  } finally {
    paths.close();
  }
  return exitCode;
}

/** False when it is interrupted. An interrupt while suites run ends the process at once, as without --watch. */
async function awaitChange(paths: WatchedPaths): Promise<boolean> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  printNote('Waiting for a change; ^C ends.');
  try {
    return await paths.next(stop.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

function parseJobs(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new CliError('PP_CLI_USAGE', `--jobs: ${JSON.stringify(text.slice(0, 80))} is no number of processes, 1-9999`);
}

/** The closing line stands on stdout after a table, else on stderr: beside JSON and XML it would be no data. */
function print(report: SuitesReport, runs: readonly SuiteRun[], output: TestOptions['output']): void {
  const closingLine = formatClosingLine(report);
  if (output === 'table') printLine(`${formatTestTable(report)}\n${closingLine}`);
  else {
    printLine(output === 'json' ? JSON.stringify(report, undefined, 2) : formatJunit(runs));
    printNote(closingLine);
  }
}
