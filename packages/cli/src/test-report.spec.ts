import { stripVTControlCharacters as plain } from 'node:util';
import { expect } from 'chai';
import type { SuitesReport } from '@polyplane/conformance';
import { formatClosingLine, formatTestTable } from './test-report';

const REPORT: SuitesReport = {
  suites: [
    {
      id: 'open',
      backend: 'simulator',
      probes: [
        { name: 'a to b', result: 'pass', expected: 'allow', got: 'allow', reason: '' },
        {
          name: 'a to <b> & "c"\u0007',
          result: 'fail',
          expected: 'deny',
          got: 'allow',
          reason: 'verdict is allow\nstep',
        },
      ],
    },
    {
      id: 'later',
      backend: 'simulator',
      probes: [
        { name: 'x', result: 'skip', expected: 'allow', got: '', reason: 'PP_X: no' },
        { name: 'y', result: 'skip', expected: 'allow', got: '', reason: 'PP_X: no' },
      ],
    },
  ],
  passed: 1,
  failed: 1,
  skipped: 2,
};

describe('the report of a test run', () => {
  it('has a row a suite, each failure with expected and got, each reason for skipping once, and nothing that steers a terminal', () => {
    const lines = plain(formatTestTable(REPORT)).split('\n');
    expect(lines.slice(0, 3)).to.deep.equal([
      '   SUITE  BACKEND    PASSED  FAILED  SKIPPED',
      '✗  open   simulator  1       1       0',
      '-  later  simulator  0       0       2',
    ]);
    expect(lines.slice(4)).to.deep.equal([
      'FAIL open: a to <b> & "c"\uFFFD',
      '  expected: deny',
      '  got:      allow',
      '  verdict is allow',
      '  step',
      '',
      'SKIPPED',
      '  2: PP_X: no',
      '',
    ]);
  });

  it('closes with the line that scripts rely on', () => {
    expect(formatClosingLine(REPORT)).to.equal('1 passed, 1 failed, 2 skipped');
  });
});
