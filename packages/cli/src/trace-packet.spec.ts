import { join } from 'node:path';
import { expect } from 'chai';
import { SimulatorBackend } from '@polyplane/core/simulator';
import { CliError } from './cli-error';
import { type Cluster, computeNode, readCluster } from './cluster';
import { ROOT } from './testing/polyplane-process';
import { traceCluster } from './trace-cluster';
import { parseTraceDestination } from './trace-destination';
import { tracePacket } from './trace-packet';
import { type TraceReport, traceReport } from './trace-report';
import { parseTraceSource } from './trace-source';

describe('a traced packet', () => {
  let shop: Cluster;
  before(async () => {
    shop = await readCluster({ filename: [join(ROOT, 'examples/shop')] });
  });

  function packet(from: string, to: string, node = 'node-1'): ReturnType<typeof tracePacket> {
    return tracePacket(parseTraceSource(from), parseTraceDestination(to), shop, computeNode(shop, node), node);
  }

  function report(from: string, to: string): TraceReport {
    const backend = new SimulatorBackend();
    const { judgement } = traceCluster(shop, backend, 'node-1', packet(from, to));
    return traceReport(judgement, backend.behaviours, () => undefined);
  }

  it('enters where its sender is: at a pod’s interface, in the host, or from the network', () => {
    const to = '10.96.2.10:80';
    expect(packet('pod:shop-web/frontend-1', to).entry.kind).to.equal('workload');
    expect(packet('pod:shop-web/frontend-2', to).entry.kind).to.equal('network');
    expect(packet('pod:shop-web/frontend-2', to, 'node-2').entry.kind).to.equal('workload');
    expect(packet('host', to).entry.kind).to.equal('host');
    expect(packet('node:node-1', to).entry.kind).to.equal('host');
    expect(packet('node:node-2', to).entry.kind).to.equal('network');
    expect(packet('pod:monitoring/node-exporter-1', to).entry.kind).to.equal('host');
    expect(packet('192.0.2.10', to).entry.kind).to.equal('network');
  });

  it('of an address comes from the pod or the node that has it', () => {
    expect(packet('10.244.1.10', '10.96.2.10:80').entry.kind).to.equal('workload');
    expect(packet('172.30.0.11', '10.96.2.10:80').entry.kind).to.equal('host');
  });

  it('is a fault of the user when source and destination share no IP family', () => {
    expect(() => packet('host', '[2001:db8::1]:80')).to.throw(CliError, 'no IPv6 address');
  });

  it('needs a node and a pod that are there', () => {
    expect(() => packet('node:node-9', '10.96.2.10:80')).to.throw(CliError, 'no node is named node-9');
    expect(() => packet('pod:shop-web/back', '10.96.2.10:80')).to.throw(CliError, 'no pod is named shop-web/back');
  });

  it('loses its source behind a node port, and keeps it where the traffic policy is Local', () => {
    expect(report('192.0.2.10', '203.0.113.10:80').translation.snat).to.equal(true);
    expect(report('192.0.2.10', '172.30.0.11:30443').translation.snat).to.equal(false);
  });

  it('is refused by a service without endpoints', () => {
    expect(report('pod:shop-web/frontend-1', '10.96.2.13:80').verdict).to.equal('reject');
  });

  it('may be UDP, or the machine’s own', () => {
    expect(report('pod:shop-api/orders-1', '10.96.0.10:53/udp').verdict).to.equal('allow');
    expect(report('host', '10.96.2.12:443').verdict).to.equal('allow');
    expect(report('node:node-2', '172.30.0.11:9100').verdict).to.equal('allow');
    expect(report('198.18.0.66', '172.30.0.11:9100').verdict).to.equal('deny');
  });
});
