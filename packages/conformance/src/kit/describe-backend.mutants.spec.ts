import { expect } from 'chai';
import type {
  DataplaneBackend,
  DataplaneSession,
  Inspection,
  NodeContext,
  Plan,
  PolicyKey,
  Transition,
} from '@polyplane/core';
import { FakeBackend, type FakeTarget } from '@polyplane/core/testing';
import { describeBackend } from './describe-backend';
import { createInMemoryHarness } from './in-memory-harness';
import type { TestFramework } from './test-framework';

/** What a mutant does otherwise than the fake, which is right. */
interface Mutation {
  readonly open?: (target: FakeTarget) => void;
  readonly plan?: (session: DataplaneSession, transition: Transition, target: FakeTarget) => Plan;
  readonly apply?: (session: DataplaneSession, plan: Plan) => Promise<void>;
  readonly audit?: (session: DataplaneSession) => ReturnType<DataplaneSession['audit']>;
  readonly release?: (session: DataplaneSession, how: 'leave' | 'remove') => Promise<void>;
  readonly inspect?: (inspection: Inspection, target: FakeTarget) => Inspection;
  readonly removeTraces?: (backend: FakeBackend) => Promise<void>;
}

function mutate(backend: FakeBackend, mutation: Mutation): DataplaneBackend {
  const { name, limits, behaviours, codes, target } = backend;
  return {
    name,
    limits,
    behaviours,
    codes,
    probe: (node) => backend.probe(node),
    async inspect(node, transition) {
      const inspection = await backend.inspect(node, transition);
      return mutation.inspect?.(inspection, target) ?? inspection;
    },
    removeTraces: (node) => mutation.removeTraces?.(backend) ?? backend.removeTraces(node),
    async open(node: NodeContext): Promise<DataplaneSession> {
      mutation.open?.(target);
      const session = await backend.open(node);
      return {
        events$: session.events$,
        plan: (transition) => mutation.plan?.(session, transition, target) ?? session.plan(transition),
        apply: (plan) => mutation.apply?.(session, plan) ?? session.apply(plan),
        audit: () => mutation.audit?.(session) ?? session.audit(),
        release: (how) => mutation.release?.(session, how) ?? session.release(how),
      };
    },
  };
}

/** The titles of the kit's tests that a mutant fails. */
async function failuresOf(mutation: Mutation): Promise<readonly string[]> {
  const tests: [string, () => Promise<void>][] = [];
  const framework: TestFramework = {
    describe: Object.assign((_title: string, body: () => void) => body(), { skip: () => undefined }),
    it: (title, test) => tests.push([title, test]),
  };
  withFramework(framework, () =>
    describeBackend('mutant', async () => {
      const backend = new FakeBackend();
      return createInMemoryHarness({
        backend: mutate(backend, mutation),
        readState: async () => backend.target.state(),
        disturb: async () =>
          backend.target.lose([...backend.target.state().policies.keys()][0] ?? ('policy/none' as PolicyKey)),
      });
    }),
  );
  const failures: string[] = [];
  for (const [title, test] of tests) await test().catch(() => failures.push(title));
  return failures;
}

function withFramework(framework: TestFramework, action: () => void): void {
  const scope = globalThis as unknown as TestFramework; // What mocha put there.
  const { describe: ownDescribe, it: ownIt } = scope;
  Object.assign(scope, framework);
  try {
    action();
  } finally {
    Object.assign(scope, { describe: ownDescribe, it: ownIt });
  }
}

describe('The kit', () => {
  it('passes a backend that is right', async () => {
    expect(await failuresOf({})).to.deep.equal([]);
  });

  const mutants: Readonly<Record<string, readonly [Mutation, RegExp]>> = {
    'writes when it is opened': [{ open: (target) => target.clear() }, /adopts it as it is/],
    'writes when it plans': [
      {
        plan: (session, transition, target) => {
          target.clear();
          return session.plan(transition);
        },
      },
      /plans without an effect/,
    ],
    'finds something to write for what is in force': [
      { plan: (session, transition) => Object.assign(session.plan(transition), { isEmpty: false }) },
      /nothing to write/,
    ],
    'takes a stale plan': [{ apply: (session, plan) => session.apply(plan).catch(() => undefined) }, /refuses a plan/],
    'forgets removals': [
      {
        plan: (session, transition) =>
          session.plan({ ...transition, changes: transition.changes.filter(({ op }) => op !== 'remove') }),
      },
      /pass as the simulator says|same state/,
    ],
    'forgets changes of members': [
      {
        plan: (session, transition) =>
          session.plan({ ...transition, changes: transition.changes.filter(({ op }) => op !== 'members') }),
      },
      /pass as the simulator says/,
    ],
    'enforces no policy': [
      {
        plan: (session, transition) =>
          session.plan({
            ...transition,
            changes: transition.changes.map((change) =>
              change.op === 'put' && change.object.type === 'workload'
                ? { op: 'put', object: { ...change.object, tiers: [] } }
                : change,
            ),
          }),
      },
      /pass as the simulator says/,
    ],
    'repairs nothing': [{ audit: async () => ({ repaired: [] }) }, /repairs what somebody else broke/],
    'repairs without saying so': [
      { audit: async (session) => session.audit().then(() => ({ repaired: [] })) },
      /repairs what somebody else broke/,
    ],
    'writes when it is inspected': [
      {
        inspect: (inspection, target) => {
          target.clear();
          return inspection;
        },
      },
      /beside each other/,
    ],
    'calls wanted what is in force': [
      { inspect: ({ parts }) => ({ parts: parts.map((part) => ({ ...part, wanted: part.inForce })) }) },
      /beside each other/,
    ],
    'calls in force what is wanted': [
      { inspect: ({ parts }) => ({ parts: parts.map((part) => ({ ...part, inForce: part.wanted })) }) },
      /beside each other/,
    ],
    'shows nothing': [{ inspect: () => ({ parts: [] }) }, /beside each other/],
    'shows a part of what is in force': [
      { inspect: ({ parts }) => ({ parts: parts.map((part) => ({ ...part, inForce: part.inForce.slice(1) })) }) },
      /beside each other/,
    ],
    'shows what is there in another order each time': [
      {
        inspect: ({ parts }) => ({ parts: parts.map((part) => ({ ...part, inForce: [...part.inForce].reverse() })) }),
      },
      /beside each other/,
    ],
    'leaves traces when it is cleaned up': [{ removeTraces: async () => undefined }, /without a session/],
    'leaves traces': [{ release: (session) => session.release('leave') }, /leaves no trace/],
    'removes what it shall leave': [{ release: (session) => session.release('remove') }, /leaves everything in force/],
  };

  for (const [title, [mutation, expected]] of Object.entries(mutants)) {
    it(`notices a backend that ${title}`, async () => {
      const failures = await failuresOf(mutation);
      expect(
        failures.some((failure) => expected.test(failure)),
        failures.join('; '),
      ).to.equal(true);
    });
  }
});
