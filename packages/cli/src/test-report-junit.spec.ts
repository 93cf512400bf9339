import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { validateXML } from 'xmllint-wasm';
import type { ProbeReport } from '@polyplane/conformance';
import type { SuiteRun } from './suite-runs/suite-run';
import { formatJunit } from './test-report-junit';
import { polyplaneInProcess } from './testing/polyplane-in-process';

const SCHEMA = readFileSync(join(__dirname, 'test-report-junit.xsd'), 'utf8');

/** What the schema says against a report. */
async function faultsOf(report: string): Promise<readonly string[]> {
  const { errors } = await validateXML({ xml: [{ fileName: 'report.xml', contents: report }], schema: [SCHEMA] });
  return errors.map(({ message }) => message);
}

function run(id: string, probes: readonly ProbeReport[], seconds = 0.25): SuiteRun {
  const startedAtMilliseconds = Date.UTC(2026, 10, 29, 0, 30, 5, 678);
  return { report: { id, backend: 'simulator', probes }, startedAtMilliseconds, seconds };
}

const PASSED: ProbeReport = { name: 'a to b', result: 'pass', expected: 'allow', got: 'allow', reason: '' };
const FAILED: ProbeReport = {
  name: 'c',
  result: 'fail',
  expected: 'deny',
  got: 'allow',
  reason: 'verdict is allow\nstep',
};
const SKIPPED: ProbeReport = { name: 'x', result: 'skip', expected: 'allow', got: '', reason: 'PP_X: no' };

describe('the JUnit report', () => {
  it('has counts, times and each case of each suite', () => {
    const hostile = { ...FAILED, name: 'a to <b> & "c"\u0007' };
    expect(formatJunit([run('open', [PASSED, hostile]), run('later', [SKIPPED], 1)]).split('\n')).to.deep.equal([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites name="polyplane" tests="3" failures="1" errors="0" time="1.250">',
      '  <testsuite name="open" tests="2" failures="1" errors="0" skipped="0" timestamp="2026-11-29T00:30:05" time="0.250">',
      '    <testcase name="a to b" classname="simulator.open"/>',
      '    <testcase name="a to &#60;b&#62; &#38; &#34;c&#34;\uFFFD" classname="simulator.open"><failure message="expected deny, got allow">expected: deny&#10;got: allow&#10;verdict is allow&#10;step</failure></testcase>',
      '  </testsuite>',
      '  <testsuite name="later" tests="1" failures="0" errors="0" skipped="1" timestamp="2026-11-29T00:30:05" time="1.000">',
      '    <testcase name="x" classname="simulator.later"><skipped message="PP_X: no"/></testcase>',
      '  </testsuite>',
      '</testsuites>',
    ]);
  });

  it('tells cases of one name apart', () => {
    const report = formatJunit([run('s', [PASSED, PASSED, { ...PASSED, name: 'a to b (2)' }]), run('s', [PASSED])]);
    const names = [...report.matchAll(/testcase name="([^"]*)"/g)].map(([, name]) => name);
    expect(names).to.deep.equal(['a to b', 'a to b (2)', 'a to b (2) (2)', 'a to b (3)']);
  });

  it('follows the schema, whatever a suite is called and says', async () => {
    const text = fc.string({ unit: 'binary' });
    const probe = fc.record({
      name: text,
      expected: text,
      got: text,
      reason: text,
      result: fc.constantFrom('pass', 'fail', 'skip'),
    });
    const runs = fc.array(
      fc.tuple(text, fc.array(probe, { maxLength: 4 }), fc.double({ min: 0, max: 1e6, noNaN: true })),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(runs, async (all) => {
        const report = formatJunit(
          all.map(([id, probes, seconds]) => run(id, probes as readonly ProbeReport[], seconds)),
        );
        expect(await faultsOf(report)).to.deep.equal([]);
      }),
      { numRuns: 25 },
    );
  }).timeout(60_000);

  it('would be found faulty by the schema if something were missing, or a case came twice', async () => {
    const report = formatJunit([run('s', [PASSED, FAILED])]);
    expect(await faultsOf(report)).to.deep.equal([]);
    for (const broken of [
      report.replace(' errors="0"', ''),
      report.replace('time="0.250"', 'time="0,25"'),
      report.replace('2026-11-29T00:30:05', '2026-11-29T00:30:05Z'),
      report.replace('name="c"', 'name="a to b"'),
      report.replace('<failure', '<skipped message=""/><failure'),
    ]) {
      expect(await faultsOf(broken), broken).not.to.deep.equal([]);
    }
  });

  it('is what the command prints, and follows the schema where suites fail and are skipped', async () => {
    const { exitCode, stdout } = await polyplaneInProcess([
      'test',
      'kube-proxy',
      'calico-fv',
      '-o',
      'junit',
      '-j',
      '1',
    ]);
    expect(exitCode).to.equal(0);
    expect(await faultsOf(stdout)).to.deep.equal([]);
    expect(stdout).to.match(/<testcase name=/);
  }).timeout(60_000);
});
