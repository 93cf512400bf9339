/** The report of `test` for people. */
import type { ProbeReport, SuiteReport, SuitesReport } from '@polyplane/conformance';
import { color, formatTable } from './output';
import { printable } from './printable';

/** A row a suite, then each failure, then what was skipped and why. */
export function formatTestTable(report: SuitesReport): string {
  const rows = report.suites.map((suite) => {
    const [passed, failed, skipped] = [count(suite, 'pass'), count(suite, 'fail'), count(suite, 'skip')];
    const mark = failed > 0 ? color('red', '✗') : passed > 0 ? color('green', '✓') : color('yellow', '-');
    return [mark, suite.id, suite.backend, String(passed), String(failed), String(skipped)];
  });
  const parts = [
    formatTable(['', 'SUITE', 'BACKEND', 'PASSED', 'FAILED', 'SKIPPED'], rows),
    ...report.suites.flatMap((suite) => failuresOf(suite)),
    ...formatSkipped(report.suites),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** `N passed, N failed, N skipped`: scripts rely on it. */
export function formatClosingLine({ passed, failed, skipped }: SuitesReport): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function failuresOf(suite: SuiteReport): readonly string[] {
  return suite.probes
    .filter((probe) => probe.result === 'fail')
    .map(({ name, expected, got, reason }) =>
      [
        `${color('red', 'FAIL')} ${suite.id}: ${printable(name)}`,
        `  expected: ${printable(expected)}`,
        ...(got === '' ? [] : [`  got:      ${printable(got)}`]),
        ...(reason === ''
          ? []
          : printable(reason)
              .split('\n')
              .map((line) => `  ${line}`)),
      ].join('\n'),
    );
}

/** One line a reason, with how many probes it concerns. */
function formatSkipped(suites: readonly SuiteReport[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { reason } of suites.flatMap((suite) => suite.probes.filter((probe) => probe.result === 'skip'))) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const lines = [...counts].map(([reason, number]) => `  ${number}: ${printable(reason)}`);
  return lines.length === 0 ? [] : [`${color('yellow', 'SKIPPED')}\n${lines.join('\n')}`];
}

function count(suite: SuiteReport, result: ProbeReport['result']): number {
  return suite.probes.filter((probe) => probe.result === result).length;
}
