/** `polyplane test`: runs conformance suites against the simulator or a real dataplane. */
import { Argument, Command, Option } from 'commander';
import { runSuites, type SuitesReport } from '@polyplane/conformance';
import type { DataplaneBackend } from '@polyplane/core';
import { ProgressBar } from '../check/progress-bar';
import { ExitCode } from '../exit-code';
import { loadBackends } from '../load-backends';
import { readSuites, suitePath } from '../named-suites';
import { backendModuleOption } from '../options';
import { outputOption, printLine } from '../output';
import { reportError } from '../report-error';
import { formatClosingLine, formatTestTable } from '../test-report';
import { formatJunit } from '../test-report-junit';
import { WatchedPaths } from '../watched-paths';

interface TestOptions {
  readonly backend: string;
  readonly backendModule: readonly string[];
  readonly output: 'table' | 'json' | 'junit';
  readonly watch?: boolean;
}

export function testCommand(): Command {
  return new Command('test')
    .description('run suites against the simulator, or with real packets against a dataplane')
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
    .option('--watch', 'run again whenever a file beside the suites changes, until ^C')
    .action(async (names: readonly string[], options: TestOptions) => {
      const backend = loadBackends(options.backendModule).get(options.backend);
      const run = () => runOnce(names, backend, options.output);
      process.exitCode = options.watch ? await runAtEachChange(names, run) : await run();
    });
}

async function runOnce(
  names: readonly string[],
  backend: DataplaneBackend,
  output: TestOptions['output'],
): Promise<ExitCode> {
  const suites = readSuites(names);
  const progress = new ProgressBar('suites');
  let done = 0;
  const report = await runSuites({
    suites,
    backend,
    onSuite: () => progress.show(++done, suites.length),
  }).finally(() => progress.finish());
  print(report, output);
  return report.failed > 0 ? ExitCode.no : ExitCode.ok;
}

/** The exit code of the last run. What is wrong with a suite is told, and the next change awaited. */
async function runAtEachChange(names: readonly string[], run: () => Promise<ExitCode>): Promise<ExitCode> {
  const paths = new WatchedPaths(names.map(suitePath));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  let exitCode: ExitCode;
  try {
    do {
      exitCode = await run().catch(reportError);
      process.stderr.write('Waiting for a change; ^C ends.\n');
    } while (await paths.next(stop.signal));
  } finally {
    paths.close();
  }
  return exitCode;
}

/** The closing line stands on stdout after a table, else on stderr: beside JSON and XML it would be no data. */
function print(report: SuitesReport, output: TestOptions['output']): void {
  const closingLine = formatClosingLine(report);
  if (output === 'table') printLine(`${formatTestTable(report)}\n${closingLine}`);
  else {
    printLine(output === 'json' ? JSON.stringify(report, undefined, 2) : formatJunit(report));
    process.stderr.write(`${closingLine}\n`);
  }
}
