import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { COMMANDS } from './command-table';
import { createProgram } from './program';
import { NODE_ARGUMENTS, PROCESS_TIMEOUT_MILLISECONDS, ROOT } from './testing/polyplane-process';

/** The command lines whose packages are asked for, and for each those of this house that were loaded by then. */
const SCRIPT = `
const { createProgram } = require('./packages/cli/src/program');
for (const line of process.argv.slice(1)) {
  createProgram(line.split(' '));
  const files = Object.keys(require.cache).filter((file) => !file.includes('node_modules'));
  const commands = files.map((file) => /cli.src.commands.(\\w+)\\.ts$/.exec(file)?.[1]).filter(Boolean);
  console.log([...commands, ...(files.some((file) => /packages.core/.test(file)) ? ['core'] : [])].sort().join(' '));
}`;

describe('the command line', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  it('loads no command before it is asked for, and no package for the help', () => {
    const lines = ['--help', '--version', 'helpme', 'status', 'help codes', 'completion bash'];
    const { stdout, stderr } = spawnSync(process.execPath, [...NODE_ARGUMENTS, '-e', SCRIPT, '--', ...lines], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(stderr).to.equal('');
    const all = [...COMMANDS.map(({ name }) => name), 'core'].sort().join(' ');
    expect(stdout.trimEnd().split('\n')).to.deep.equal(['', '', '', 'core status', 'codes core status', all]);
  });

  it('has the same help whether commands are loaded or not', () => {
    expect(createProgram(['--help']).helpInformation()).to.equal(createProgram().helpInformation());
  });

  it('has a description and options of every command', () => {
    for (const command of createProgram().commands) {
      expect(command.description(), command.name()).not.to.equal('');
      expect(command.options.length + command.registeredArguments.length, command.name()).to.be.above(0);
    }
  });
});
