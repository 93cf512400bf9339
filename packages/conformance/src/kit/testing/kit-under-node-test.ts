/** The kit as a test file of `node:test` has it: run by itself, it passes for the fake, and fails for a backend that enforces nothing. */
import { describe, it } from 'node:test';
import { DesiredStateStore } from '@polyplane/core';
import { FakeBackend } from '@polyplane/core/testing';
import { describeBackend } from '../describe-backend';
import { createInMemoryHarness } from '../in-memory-harness';
import { describeUnless } from '../skip';

const framework = { describe, it };
const isEnforced = process.argv[2] !== 'idle';

describeBackend(
  'fake',
  async () => {
    const backend = new FakeBackend();
    const readState = async () => (isEnforced ? backend.target.state() : new DesiredStateStore());
    return createInMemoryHarness({ backend, readState });
  },
  { framework },
);

describeUnless(
  'needs a kernel',
  'what is skipped',
  () => it('is not run', () => Promise.reject(new Error('run'))),
  framework,
);
