import { join } from 'node:path';
import { expect } from 'chai';
import { BUNDLED_SUITES_FOLDER, loadSuites, type Suite } from '@polyplane/conformance';
import { SimulatorBackend } from '@polyplane/core/simulator';
import { FakeBackend } from '@polyplane/core/testing';
import { chooseJobs } from './choose-jobs';

describe('chooseJobs', () => {
  const simulator = new SimulatorBackend();
  const dataplane = new FakeBackend();
  const smallest = loadSuites('examples/smallest.suite.yaml').suites;
  let e2e: readonly Suite[];
  let calico: readonly Suite[];
  before(() => {
    e2e = loadSuites(join(BUNDLED_SUITES_FOLDER, 'e2e-netpol')).suites;
    calico = loadSuites(join(BUNDLED_SUITES_FOLDER, 'calico-fv')).suites;
  });

  it('takes what the user says, but no more than there are suites', () => {
    expect(chooseJobs(3, e2e, simulator, 2)).to.equal(3);
    expect(chooseJobs(1, calico, dataplane, 8)).to.equal(1);
    expect(chooseJobs(50, e2e, dataplane, 2)).to.equal(17);
    expect(chooseJobs(4, smallest, dataplane, 8)).to.equal(1);
  });

  it('needs no worker for what is done as soon as one is started', () => {
    expect(chooseJobs(undefined, e2e, simulator, 8)).to.equal(1);
    expect(chooseJobs(undefined, smallest, dataplane, 8)).to.equal(1);
  });

  it('gives each worker enough to do', () => {
    expect(chooseJobs(undefined, e2e, dataplane, 8)).to.equal(3);
    const many = Array.from({ length: 100 }, () => e2e).flat();
    expect(chooseJobs(undefined, many, simulator, 8)).to.equal(5);
  });

  it('gives a processor one worker that computes, and two that mostly wait', () => {
    const many = Array.from({ length: 1000 }, () => e2e).flat();
    expect(chooseJobs(undefined, many, simulator, 2)).to.equal(2);
    expect(chooseJobs(undefined, calico, dataplane, 2)).to.equal(4);
  });
});
