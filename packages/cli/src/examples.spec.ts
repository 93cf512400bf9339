import { expect } from 'chai';
import { EXAMPLES, formatExamples } from './examples';
import { createProgram } from './program';
import { polyplaneInProcess } from './testing/polyplane-in-process';

/** They need root, an agent that runs, a cluster, or a shell; each has its own spec. */
const ELSEWHERE = /^polyplane (run|status|diff|cleanup|bundle|\S+ --kubeconfig|test .* --backend iptables)|^source /;

describe('The examples of the help', function () {
  this.timeout(60_000);

  it('stand in the help of every command', () => {
    const commands = createProgram().commands.map((command) => command.name());
    expect(Object.keys(EXAMPLES).sort()).to.deep.equal([...commands].sort());
    for (const command of commands) expect(formatExamples(command)).to.match(/\n {2}\S/);
  });

  for (const example of Object.values(EXAMPLES).flat()) {
    if (ELSEWHERE.test(example)) continue;
    it(`run: ${example}`, async () => {
      const { exitCode, stdout } = await polyplaneInProcess(example.split(' ').slice(1));
      // The shop does need what VPP does not have.
      expect(exitCode).to.equal(example === 'polyplane check -f examples/shop' ? 1 : 0);
      expect(stdout).not.to.equal('');
    });
  }
});
