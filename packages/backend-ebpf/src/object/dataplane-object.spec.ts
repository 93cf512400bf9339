import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describeUnless } from '@polyplane/conformance';
import { dataplaneObject, PROGRAM_SLOTS } from './dataplane-object';

const SOURCES = join(__dirname, '..', '..', 'bpf');
const SHIPPED = join(__dirname, '..', '..', 'objects', 'polyplane.o');

/** The compiler that the shipped object was made with; another's output may differ. */
const COMPILER = 'Debian clang version 16.0.6';

describe('the object that the package ships', () => {
  it('has a program for each place in the map of programs, and one for each side of each kind of interface', () => {
    const names = dataplaneObject().programs.map(({ name }) => name);
    expect(names).to.include.members(Object.keys(PROGRAM_SLOTS));
    expect(names).to.include.members(['pp_from_workload', 'pp_to_workload', 'pp_from_network', 'pp_to_network']);
  });

  it('declares a licence that the kernel opens its helpers to', () => {
    expect(dataplaneObject().license).to.equal('Dual MIT/GPL');
  });
});

describeUnless(compilerObstacle(), 'the object that the package ships, compiled again', () => {
  it('is what its sources give, byte for byte', () => {
    const folder = mkdtempSync(join(tmpdir(), 'polyplane-bpf-'));
    try {
      const output = join(folder, 'polyplane.o');
      execFileSync('bash', [join(SOURCES, 'build.sh'), output], { stdio: 'pipe' });
      expect(readFileSync(output).equals(readFileSync(SHIPPED)), 'run npm run build:bpf').to.equal(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }).timeout(60_000);
});

/** Why the compiler here cannot show it; undefined: it can. */
function compilerObstacle(): string | undefined {
  if (process.arch !== 'x64') return `the object is compiled on x86-64, not on ${process.arch}`;
  try {
    const version = execFileSync('clang-16', ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    execFileSync('llvm-strip-16', ['--version'], { stdio: 'pipe' });
    return version.startsWith(COMPILER) ? undefined : `clang-16 is not ${COMPILER}`;
  } catch {
    return 'no clang-16 on this machine';
  }
}
