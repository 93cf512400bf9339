/** The report of `test` as JUnit XML, the form that CI services read. */
import type { ProbeReport, SuiteReport, SuitesReport } from '@polyplane/conformance';

export function formatJunit(report: SuitesReport): string {
  const tests = report.passed + report.failed + report.skipped;
  const counts = { tests, failures: report.failed, skipped: report.skipped };
  const suites = report.suites.map(formatSuite).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes({ name: 'polyplane', ...counts })}>\n${suites}</testsuites>`;
}

function formatSuite({ id, backend, probes }: SuiteReport): string {
  const count = (result: ProbeReport['result']): number => probes.filter((probe) => probe.result === result).length;
  const counts = { tests: probes.length, failures: count('fail'), skipped: count('skip') };
  const cases = probes.map((probe) => formatProbe(`${backend}.${id}`, probe)).join('');
  return `  <testsuite${attributes({ name: id, ...counts })}>\n${cases}  </testsuite>\n`;
}

function formatProbe(classname: string, { name, result, expected, got, reason }: ProbeReport): string {
  const head = `    <testcase${attributes({ name, classname })}`;
  switch (result) {
    case 'pass':
      return `${head}/>\n`;
    case 'skip':
      return `${head}><skipped${attributes({ message: reason })}/></testcase>\n`;
    case 'fail': {
      const message = `expected ${expected}, got ${got === '' ? 'nothing' : got}`;
      return `${head}><failure${attributes({ message })}>${escapeXml(reason)}</failure></testcase>\n`;
    }
  }
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

/** Characters that XML 1.0 cannot carry at all become U+FFFD; white space in attributes would be normalised away. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
