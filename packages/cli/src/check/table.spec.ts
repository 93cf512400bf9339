import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import type { CheckData, FindingData } from './report-data';
import { formatCheck } from './table';

const slice = (index: number): FindingData => ({
  code: 'PP_LIMIT_VPP_ENDPOINT_SLICES',
  severity: 'warning',
  feature: 'endpointSlices',
  object: { kind: 'EndpointSlice', namespace: 'shop', name: `slice-${index}` },
  field: 'kind',
  file: 'slices.yaml',
  line: index + 1,
  effect: 'degraded',
  message: 'VPP does not support EndpointSlices.',
  remedy: 'Keep an Endpoints object.',
  source: 'test',
});

function report(findings: readonly FindingData[], changes: CheckData['behaviourChanges'] = []): CheckData {
  return {
    judgedBy: { profile: 'calico-3.19', version: '1.2.3', date: '2026-11-30T16:00:00Z' },
    backends: [{ name: 'vpp', verdict: 'degraded', findings }],
    behaviourChanges: changes,
    otherProfiles: [],
  };
}

/** Without the table's own styles, whatever terminal the tests run on. */
function linesOf(data: CheckData, nodes?: ReadonlySet<string>): readonly string[] {
  return stripVTControlCharacters(formatCheck(data, nodes)).split('\n');
}

describe('the table of a check', () => {
  it('tells a limit once, how often it is met, and the first objects that meet it', () => {
    const lines = linesOf(report(Array.from({ length: 20_000 }, (_, index) => slice(index))));
    expect(lines).to.have.length(18);
    expect(lines[1]).to.match(/^vpp +degraded +0 +20000 +0$/);
    expect(lines[3]).to.equal('vpp: warning (20000 times) VPP does not support EndpointSlices.');
    expect(lines[4]).to.equal('  slices.yaml:1: EndpointSlice shop/slice-0 kind');
    expect(lines[14]).to.equal('  and 19990 more (-o json or -o html shows all)');
    expect(lines[15]).to.equal('  What to do: Keep an Endpoints object. (PP_LIMIT_VPP_ENDPOINT_SLICES)');
  });

  it('does not count what is there once', () => {
    expect(linesOf(report([slice(0)]))[3]).to.equal('vpp: warning VPP does not support EndpointSlices.');
  });

  it('tells changes in the same way', () => {
    const changes = Array.from({ length: 5000 }, (_, index) => ({
      code: 'PP_CHANGE_SERVICE_BALANCING',
      from: 'iptables',
      to: 'vpp',
      object: { kind: 'Service', namespace: 'shop', name: `s-${index}` },
      message: 'Connections are spread in another way.',
      remedy: 'Nothing need be done.',
    }));
    const lines = linesOf(report([], changes));
    expect(lines).to.have.length(18);
    expect(lines[3]).to.equal('from iptables to vpp: PP_CHANGE_SERVICE_BALANCING (5000 times)');
    expect(lines[14]).to.equal('  and 4990 more (-o json or -o html shows all)');
    expect(lines[15]).to.equal('  What to do: Nothing need be done.');
  });

  const drained = (name: string, message = 'Connections end.'): CheckData['behaviourChanges'][number] => ({
    code: 'PP_CHANGE_CONNECTIONS',
    from: 'iptables',
    to: 'vpp',
    object: { kind: 'Node', name },
    message,
    remedy: 'Drain the node.',
  });

  it('tells in one line what concerns every node', () => {
    const names = Array.from({ length: 12 }, (_, index) => `node-${index}`);
    const changes = names.map((name) => drained(name));
    expect(linesOf(report([], changes), new Set(names)).slice(3, 6)).to.deep.equal([
      'from iptables to vpp: PP_CHANGE_CONNECTIONS (12 times)',
      '  every node (12): node-0, node-1, node-10, node-11, node-2, node-3, node-4, node-5, node-6, node-7, and 2 more: Connections end.',
      '  What to do: Drain the node.',
    ]);
  });

  it('names the nodes where it is not every node, or not the same of each', () => {
    const some = linesOf(report([], [drained('a'), drained('b')]), new Set(['a', 'b', 'c']));
    expect(some.slice(4, 6)).to.deep.equal(['  Node a: Connections end.', '  Node b: Connections end.']);
    const unlike = linesOf(report([], [drained('a'), drained('b', 'They go on.')]), new Set(['a', 'b']));
    expect(unlike.slice(4, 6)).to.deep.equal(['  Node a: Connections end.', '  Node b: They go on.']);
    const alone = linesOf(report([], [drained('a')]), new Set(['a']));
    expect(alone[4]).to.equal('  Node a: Connections end.');
  });

  it('says at its end what it rests on, and where another profile judges otherwise', () => {
    const data: CheckData = {
      ...report([]),
      otherProfiles: [
        {
          backend: 'vpp',
          profile: 'calico-3.9',
          until: 'calico-3.12',
          verdict: 'unsupported',
          added: ['PP_LIMIT_A', 'PP_LIMIT_B'],
          dropped: [],
        },
        { backend: 'vpp', profile: 'calico-3.28', verdict: 'supported', added: [], dropped: ['PP_LIMIT_C'] },
      ],
    };
    expect(linesOf(data).slice(-3)).to.deep.equal([
      'Judged by the limits of calico-3.19, with polyplane 1.2.3, 2026-11-30T16:00:00Z.',
      'By calico-3.9 until calico-3.12 (--profile calico-3.9) vpp is unsupported: with PP_LIMIT_A, PP_LIMIT_B.',
      'By calico-3.28 and later (--profile calico-3.28) vpp is supported: without PP_LIMIT_C.',
    ]);
  });
});
