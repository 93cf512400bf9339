import { join } from 'node:path';
import { expect } from 'chai';
import { type IpAddress, parsePort } from '@polyplane/core';
import type { ProbeRequest, ProbeResult } from '../prober/probe';
import { BUNDLED_SUITES_FOLDER } from '../suites/bundled-suites';
import { loadSuite } from '../suites/load-suites';
import type { SuiteState } from '../suites/suite';
import { desiredStateOf } from './node-settings';
import type { ProbeReport } from './report';
import { servedPlacesOf } from './served-places';
import { type FlowNetwork, observeUdpCleanup, stateChangeOf, topologyOfChange } from './udp-flow-cleanup';

/** What a dataplane does to flows at a change: what it has to, nothing, too much, or as endpoints' addresses alone say. */
type Habit = 'right' | 'cutsNone' | 'cutsAll' | 'forgetsPorts';

/** Sends each new flow to an endpoint in turn, and the ones that it knows to where they went. */
class FakeNetwork implements FlowNetwork {
  private readonly flows = new Map<number, string>();
  private endpoints: readonly string[] = [];
  private sent = 0;

  constructor(private readonly habit: Habit) {}

  async apply(state: SuiteState, connections: 'kept' | 'forgotten'): Promise<void> {
    const [place] = servedPlacesOf(desiredStateOf('node-1', state)).values();
    this.endpoints = [...(place?.endpoints ?? [])].sort();
    for (const [port, endpoint] of this.flows) {
      if (connections === 'forgotten' || this.isCut(endpoint)) this.flows.delete(port);
    }
  }

  async probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
    // Not where it stood at the change before.
    this.sent += 1;
    return requests.map(({ sourcePort = parsePort(1) }): ProbeResult => {
      const endpoint = this.flows.get(sourcePort) ?? this.endpoints[this.sent++ % Math.max(1, this.endpoints.length)];
      if (endpoint === undefined) return { outcome: 'refused', reason: 'ECONNREFUSED' };
      this.flows.set(sourcePort, endpoint);
      const [address, port] = endpoint.split(' ');
      // Taken from what the desired state says.
      const at = { address: address as IpAddress, port: parsePort(Number(port)) };
      return { outcome: 'connected', by: 'outside:x', at, seenSource: at.address };
    });
  }

  private isCut(endpoint: string): boolean {
    switch (this.habit) {
      case 'right':
        return !this.endpoints.includes(endpoint);
      case 'cutsNone':
        return false;
      case 'cutsAll':
        return true;
      case 'forgetsPorts':
        return !this.endpoints.some((known) => known.split(' ')[0] === endpoint.split(' ')[0]);
    }
  }
}

describe('Flows over a change of state', () => {
  const observe = async (name: string, habit: Habit, expected?: boolean): Promise<ProbeReport> => {
    const after = loadSuite(join(BUNDLED_SUITES_FOLDER, 'connections', `udp-flows-${name}.yaml`)).states[1];
    const change = after && stateChangeOf(after);
    if (change === undefined) throw new Error(`${name} tells of no change`);
    const fact = expected === undefined ? change.fact : { ...change.fact, expected };
    return observeUdpCleanup({ ...change, fact }, topologyOfChange(change), new FakeNetwork(habit));
  };
  const NAMES = ['endpoint-terminates', 'endpoint-gone', 'target-port', 'renamed', 'traffic-policy', 'hints'];

  it('pass where exactly those are cut that lead to nobody who serves', async () => {
    for (const name of NAMES) expect(await observe(name, 'right'), name).to.include({ result: 'pass' });
  });

  it('tell of one that stays with an endpoint that is gone', async () => {
    const { result, reason } = await observe('endpoint-gone', 'cutsNone');
    expect(result).to.equal('fail');
    expect(reason).to.match(/stays with 10\.244\.1\.6 5353, which serves no more/);
    expect(await observe('target-port', 'forgetsPorts')).to.include({ result: 'fail' });
  });

  it('tell of one that was cut from an endpoint that serves', async () => {
    for (const name of ['endpoint-terminates', 'renamed', 'traffic-policy', 'hints']) {
      const { result, reason } = await observe(name, 'cutsAll');
      expect(result, name).to.equal('fail');
      expect(reason).to.match(/left 10\.244\.\S+ 5353, which still serves, for 10\.244/);
    }
  });

  it('see that those that met nobody come to the first endpoint', async () => {
    expect(await observe('first-endpoint', 'right')).to.include({ result: 'pass', got: 'true' });
  });

  it('hold what they saw against what the suite says', async () => {
    expect(await observe('endpoint-gone', 'right', false)).to.include({ result: 'fail', got: 'true' });
    expect(await observe('renamed', 'right', true)).to.include({ result: 'skip' });
  });
});
