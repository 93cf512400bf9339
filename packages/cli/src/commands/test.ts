/** `polyplane test`: runs conformance suites against the simulator or a real dataplane. */
import { Argument, Command, Option } from 'commander';
import { runSuites, type SuitesReport } from '@polyplane/conformance';
import { ProgressBar } from '../check/progress-bar';
import { ExitCode } from '../exit-code';
import { loadBackends } from '../load-backends';
import { readSuites } from '../named-suites';
import { backendModuleOption } from '../options';
import { outputOption, printLine } from '../output';
import { formatClosingLine, formatTestTable } from '../test-report';
import { formatJunit } from '../test-report-junit';

interface TestOptions {
  readonly backend: string;
  readonly backendModule: readonly string[];
  readonly output: 'table' | 'json' | 'junit';
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
    .action(async (names: readonly string[], { backend, backendModule, output }: TestOptions) => {
      const dataplane = loadBackends(backendModule).get(backend);
      const suites = readSuites(names);
      const progress = new ProgressBar('suites');
      let done = 0;
      const report = await runSuites({
        suites,
        backend: dataplane,
        onSuite: () => progress.show(++done, suites.length),
      }).finally(() => progress.finish());
      print(report, output);
      process.exitCode = report.failed > 0 ? ExitCode.no : ExitCode.ok;
    });
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
