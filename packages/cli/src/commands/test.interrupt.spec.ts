import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { describeUnless, readTestbedObstacle } from '@polyplane/conformance';
import { PROCESS_TIMEOUT_MILLISECONDS, start } from '../testing/polyplane-process';
import { livingNamespaces, networkNamespacesOf, ProcessMark, readHostNetwork } from '../testing/traces';

describeUnless(readTestbedObstacle(), 'polyplane test, interrupted', () => {
  let mark: ProcessMark;
  let child: ChildProcess;
  const output = { stdout: '', stderr: '' };
  beforeEach(() => {
    mark = new ProcessMark();
  });
  afterEach(() => {
    for (const pid of mark.pids()) signalTo(pid, 'SIGKILL');
  });

  /** Resolves with the namespaces once so many processes have a dataplane each in their network. */
  async function startInNamespaces(jobs: number): Promise<ReadonlySet<string>> {
    Object.assign(output, { stdout: '', stderr: '' });
    child = start(['test', 'e2e-netpol', '--backend', 'iptables', '--jobs', String(jobs)], {
      environment: mark.environment,
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    while (child.exitCode === null) {
      const pids = mark.pids();
      if (pids.filter((pid) => networkNamespacesOf([pid]).size > MACHINES).length >= jobs)
        return networkNamespacesOf(pids);
      await setTimeout(20);
    }
    throw new Error(`it ended by itself: ${output.stdout}${output.stderr}`);
  }

  for (const jobs of [1, 2]) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`in ${jobs} processes: ${signal} ends it, by that signal, and leaves nothing behind`, async () => {
        const host = readHostNetwork();
        const namespaces = await startInNamespaces(jobs);
        child.kill(signal);
        expect(await once(child, 'close')).to.deep.equal([null, signal]);
        expect(output).to.deep.equal({ stdout: '', stderr: '' });
        await nothingLeft(namespaces);
        expect(readHostNetwork()).to.deep.equal(host);
      }).timeout(PROCESS_TIMEOUT_MILLISECONDS);
    }
  }

  it('in 2 processes: ^C on a terminal, which reaches the workers too, ends it likewise', async () => {
    const namespaces = await startInNamespaces(2);
    for (const pid of mark.pids()) signalTo(pid, 'SIGINT');
    expect(await once(child, 'close')).to.deep.equal([null, 'SIGINT']);
    expect(output).to.deep.equal({ stdout: '', stderr: '' });
    await nothingLeft(namespaces);
  }).timeout(PROCESS_TIMEOUT_MILLISECONDS);

  it('in 2 processes: leaves nothing behind when it is killed outright', async () => {
    const namespaces = await startInNamespaces(2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await nothingLeft(namespaces);
  }).timeout(PROCESS_TIMEOUT_MILLISECONDS);

  /** What a command of the kernel's tools was at when its caller ended, it ends by itself. */
  async function nothingLeft(namespaces: ReadonlySet<string>): Promise<void> {
    while (mark.pids().length > 0 || livingNamespaces(namespaces).length > 0) await setTimeout(20);
  }
});

/** More namespaces than probing for a testbed takes: the suite's network is up. */
const MACHINES = 5;

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile, as the kernel's tools do.
  }
}
