import { expect } from 'chai';
import { CliError } from './cli-error';
import { reportTime } from './report-time';

describe('the time of a report', () => {
  const now = () => Date.UTC(2026, 10, 30, 16, 0, 0, 999);

  it('is the clock’s, in UTC, to the second', () => {
    expect(reportTime({}, now)).to.equal('2026-11-30T16:00:00Z');
    expect(reportTime({ SOURCE_DATE_EPOCH: '' }, now)).to.equal('2026-11-30T16:00:00Z');
  });

  it('is what SOURCE_DATE_EPOCH says, before the clock', () => {
    expect(reportTime({ SOURCE_DATE_EPOCH: '0' }, now)).to.equal('1970-01-01T00:00:00Z');
    expect(reportTime({ SOURCE_DATE_EPOCH: '999999999999' }, now)).to.equal('+033658-09-27T01:46:39Z');
  });

  it('refuses what is no number of seconds', () => {
    for (const epoch of ['yesterday', '-1', '1e3', '1.5', '1000000000000', ' 1']) {
      expect(() => reportTime({ SOURCE_DATE_EPOCH: epoch }, now))
        .to.throw(CliError)
        .with.property('code', 'PP_CLI_USAGE');
    }
  });
});
