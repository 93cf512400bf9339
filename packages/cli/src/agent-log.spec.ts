import { expect } from 'chai';
import { formatLogLine } from './agent-log';

const AT = Date.UTC(2026, 10, 30, 7, 5, 9);

function lineOf(fields: object): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  return formatLogLine(JSON.stringify({ time: AT, node: 'node-1', ...fields })).replace(/\u001b\[\d+m/g, '');
}

describe('a line of the log on a terminal', () => {
  it('has the time, how important it is, and what it says', () => {
    expect(lineOf({ level: 30, msg: 'running' })).to.equal('07:05:09 INFO  running\n');
    expect(lineOf({ level: 40, msg: 'x' })).to.equal('07:05:09 WARN  x\n');
    expect(lineOf({ level: 50, msg: 'x' })).to.equal('07:05:09 ERROR x\n');
    expect(lineOf({ level: 20, msg: 'x' })).to.equal('07:05:09 DEBUG x\n');
  });

  it('has everything else that there is to say', () => {
    const line = lineOf({ level: 40, msg: 'no', code: 'PP_X', object: { kind: 'Pod', name: 'a' }, file: undefined });
    expect(line).to.equal('07:05:09 WARN  no  code=PP_X object={"kind":"Pod","name":"a"}\n');
  });

  it('lets nothing through that would steer the terminal', () => {
    expect(lineOf({ level: 30, msg: '\u001b[2Jx', name: 'a\u0007' })).to.equal(
      '07:05:09 INFO  \ufffd[2Jx  name=a\ufffd\n',
    );
  });

  it('is one line, whatever it tells', () => {
    expect(lineOf({ level: 30, msg: 'a.yaml\n12:00:00 ERROR x', file: 'a\tb\n  c' })).to.equal(
      '07:05:09 INFO  a.yaml 12:00:00 ERROR x  file=a b c\n',
    );
  });

  it('stays as it is when it is none', () => {
    for (const text of ['oh no\n', '{"level":"high"}\n', '7\n']) expect(formatLogLine(text)).to.equal(text);
  });
});
