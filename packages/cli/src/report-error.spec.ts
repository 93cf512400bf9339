import { expect } from 'chai';
import { CoreError } from '@polyplane/core';
import { LinuxError } from '@polyplane/linux';
import { CliError } from './cli-error';
import { ExitCode } from './exit-code';
import { reportError } from './report-error';
import { captureOutput } from './testing/captured-output';

describe('an error on stderr', () => {
  it('of a cluster that does not answer or let itself be read means that this host cannot, and comes with what to do', async () => {
    const forbidden = await captureOutput(() => reportError(new CoreError('PP_CLUSTER_FORBIDDEN', 'pods: 403')));
    expect(forbidden).to.include({ result: ExitCode.hostUnable, stdout: '' });
    expect(forbidden.stderr).to.match(/^error: pods: 403\n {2}Allow .* list and watch .*\(PP_CLUSTER_FORBIDDEN\)\n$/);
    const away = await captureOutput(() => reportError(new CoreError('PP_CLUSTER_UNREACHABLE', 'ECONNREFUSED')));
    expect(away).to.include({ result: ExitCode.hostUnable, stdout: '' });
    expect(away.stderr).to.match(/^error: ECONNREFUSED\n {2}Check the kubeconfig .*\(PP_CLUSTER_UNREACHABLE\)\n$/);
  });

  it('of what Linux refuses means that this host cannot', async () => {
    const { result } = await captureOutput(() => reportError(new LinuxError('PP_LINUX_COMMAND_MISSING', 'no ip')));
    expect(result).to.equal(ExitCode.hostUnable);
  });

  it('of output that cannot be written is one line', async () => {
    const error = new CliError('PP_CLI_OUTPUT_UNWRITABLE', 'stdout: ENOSPC');
    const { result, stderr } = await captureOutput(() => reportError(error));
    expect({ result, stderr }).to.deep.equal({
      result: ExitCode.defect,
      stderr: 'error: stdout: ENOSPC (PP_CLI_OUTPUT_UNWRITABLE)\n',
    });
  });

  it('of the input means bad input, and a refusal by a limit the answer no', async () => {
    expect(await captureOutput(() => reportError(new CoreError('PP_OBJECT_INVALID', 'x')))).to.include({
      result: ExitCode.badInput,
    });
    expect(await captureOutput(() => reportError(new CoreError('PP_LIMIT_REFUSED', 'x')))).to.include({
      result: ExitCode.no,
    });
  });

  it('of another agent that is at work means that this host cannot', async () => {
    const { result } = await captureOutput(() => reportError(new CoreError('PP_AGENT_ALREADY_RUNNING', 'process 7')));
    expect(result).to.equal(ExitCode.hostUnable);
  });

  it('that has no code is a defect, told with its stack', async () => {
    const { result, stderr } = await captureOutput(() => reportError(new TypeError('undefined is not a function')));
    expect(result).to.equal(ExitCode.defect);
    expect(stderr)
      .to.match(/please report it/)
      .and.to.match(/TypeError: undefined is not a function\n\s+at /);
  });
});
