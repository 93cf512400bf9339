import { expect } from 'chai';
import { type AgentProblem, CoreError, countObjects, DesiredStateStore, type NodeAgentStatus } from '@polyplane/core';
import { isReady, notReadyReason } from './agent-status';

const RUNNING: NodeAgentStatus = {
  phase: 'running',
  nodeName: 'node-1',
  profile: 'calico-3.19',
  featureGates: {},
  isInSync: true,
  revision: 1,
  problems: 0,
  objects: countObjects(new DesiredStateStore()),
  diagnostics: 0,
  notInForce: 0,
  reconciler: { phase: 'idle', wantedRevision: 1, appliedRevision: 1, pendingObjects: 0, quarantined: [] },
};
const ERROR = new CoreError('PP_OBJECT_NOT_IN_FORCE', 'NetworkPolicy a/b is not in force');
const OPEN: AgentProblem = { error: ERROR, code: ERROR.code, message: ERROR.message };

describe('An agent', () => {
  it('is ready when a complete desired state is in force', () => {
    expect(isReady(RUNNING)).to.equal(true);
    expect(isReady({ ...RUNNING, isInSync: false })).to.equal(false);
  });

  it('is not ready while something stands open that an unreadable object would close, and says what', () => {
    const status: NodeAgentStatus = { ...RUNNING, problems: 1, notInForce: 1 };
    expect(isReady(status)).to.equal(false);
    expect(notReadyReason(status, [OPEN])).to.equal('NetworkPolicy a/b is not in force');
  });
});
