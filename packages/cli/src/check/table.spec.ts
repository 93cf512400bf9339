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
  return { backends: [{ name: 'vpp', verdict: 'degraded', findings }], behaviourChanges: changes };
}

/** Without the table's own styles, whatever terminal the tests run on. */
function linesOf(data: CheckData): readonly string[] {
  return stripVTControlCharacters(formatCheck(data)).split('\n');
}

describe('the table of a check', () => {
  it('tells a limit once, how often it is met, and the first objects that meet it', () => {
    const lines = linesOf(report(Array.from({ length: 20_000 }, (_, index) => slice(index))));
    expect(lines).to.have.length(16);
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
    }));
    const lines = linesOf(report([], changes));
    expect(lines).to.have.length(15);
    expect(lines[3]).to.equal('from iptables to vpp: PP_CHANGE_SERVICE_BALANCING (5000 times)');
    expect(lines.at(-1)).to.equal('  and 4990 more (-o json or -o html shows all)');
  });
});
