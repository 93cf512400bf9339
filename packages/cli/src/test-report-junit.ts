/**
 * The report of `test` as JUnit XML, the form that CI services read. test-report-junit.xsd says what is in it, and which of it is there
 * for whom.
 */
import type { ProbeReport } from '@polyplane/conformance';
import type { SuiteRun } from './suite-runs/suite-run';

export function formatJunit(runs: readonly SuiteRun[]): string {
  const names = new UniqueNames();
  const suites = runs.map((run) => formatSuite(run, names)).join('');
  const { skipped: _, ...counts } = countsOf(runs.flatMap(({ report }) => report.probes));
  const time = formatSeconds(runs.reduce((sum, { seconds }) => sum + seconds, 0));
  const head = `<testsuites${attributes({ name: 'polyplane', ...counts, time })}>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${suites}</testsuites>`;
}

function formatSuite({ report, startedAtMilliseconds, seconds }: SuiteRun, names: UniqueNames): string {
  const { id, backend, probes } = report;
  const classname = `${backend}.${id}`;
  const times = { timestamp: formatTimestamp(startedAtMilliseconds), time: formatSeconds(seconds) };
  const cases = probes
    .map((probe) => formatProbe({ name: names.take(classname, probe.name), classname }, probe))
    .join('');
  return `  <testsuite${attributes({ name: id, ...countsOf(probes), ...times })}>\n${cases}  </testsuite>\n`;
}

function formatProbe(
  identity: Readonly<Record<'name' | 'classname', string>>,
  { result, expected, got, reason }: ProbeReport,
): string {
  const head = `    <testcase${attributes(identity)}`;
  switch (result) {
    case 'pass':
      return `${head}/>\n`;
    case 'skip':
      return `${head}><skipped${attributes({ message: reason })}/></testcase>\n`;
    case 'fail': {
      const seen = got === '' ? 'nothing' : got;
      const message = `expected ${expected}, got ${seen}`;
      // Some readers show the text alone, others the message alone.
      const text = `expected: ${expected}\ngot: ${seen}\n${reason}`;
      return `${head}><failure${attributes({ message })}>${escapeXml(text)}</failure></testcase>\n`;
    }
  }
}

function countsOf(
  probes: readonly ProbeReport[],
): Readonly<Record<'tests' | 'failures' | 'errors' | 'skipped', number>> {
  const count = (result: ProbeReport['result']): number => probes.filter((probe) => probe.result === result).length;
  return { tests: probes.length, failures: count('fail'), errors: 0, skipped: count('skip') };
}

function formatSeconds(seconds: number): string {
  return seconds.toFixed(3);
}

/** In UTC, to the second and without saying so: the only form that every reader takes. */
function formatTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19);
}

/** GitLab takes cases of one class and name for one case, and shows the first alone. */
class UniqueNames {
  private readonly taken = new Set<string>();

  take(classname: string, name: string): string {
    for (let count = 1; ; count++) {
      const candidate = count === 1 ? name : `${name} (${count})`;
      const key = JSON.stringify([classname, candidate]);
      if (this.taken.has(key)) continue;
      this.taken.add(key);
      return candidate;
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
