import { expect } from 'chai';
import { faults, parse } from '../testing/api-objects';

describe('metadata', () => {
  it('gives namespaced objects a namespace, and no other', () => {
    expect(parse('Pod', {}).metadata.namespace).to.equal('default');
    expect(parse('Node', {}, { namespace: 'ignored' }).metadata).not.to.have.property('namespace');
    expect(parse('Pod', {}).ref).to.deep.equal({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'x' });
  });

  it('refuses names, labels and annotations that break their syntax', () => {
    expect(faults('Pod', {}, { name: 'Upper' })).to.deep.equal(['metadata.name']);
    expect(faults('Pod', {}, { name: `${'a'.repeat(254)}` })).to.deep.equal(['metadata.name']);
    expect(faults('Namespace', {}, { name: 'a.b' })).to.deep.equal(['metadata.name']);
    expect(faults('Pod', {}, { name: undefined })).to.deep.equal(['metadata.name']);
    expect(faults('Pod', {}, { namespace: 'a/b' })).to.deep.equal(['metadata.namespace']);
    expect(faults('Pod', {}, { labels: { 'a b': 'x' } })).to.deep.equal(['metadata.labels["a b"]']);
    expect(faults('Pod', {}, { labels: { a: 'x'.repeat(64) } })).to.deep.equal(['metadata.labels.a']);
    expect(faults('Pod', {}, { labels: { a: 1 } })).to.deep.equal(['metadata.labels.a']);
    expect(faults('Pod', {}, { labels: 'text' })).to.deep.equal(['metadata.labels']);
    expect(faults('Pod', {}, { annotations: { a: 'x'.repeat(262_144) } })).to.deep.equal(['metadata.annotations']);
  });

  it('leaves out the copy of the object that kubectl keeps in an annotation', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', kept: 'x' };
    expect(parse('Pod', {}, { annotations }).metadata.annotations).to.deep.equal({ kept: 'x' });
  });
});
