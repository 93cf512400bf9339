import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Container } from 'inversify';
import { VirtualTimeScheduler } from 'rxjs';
import { DataplaneBackend } from '../backend/backend';
import { ManifestSource } from '../sources/manifests';
import { FakeBackend } from '../testing';
import { coreModule } from './module';
import { NodeAgent } from './node-agent';

const policy = (podSelector: string, ingress = '[]'): string => `{apiVersion: v1, kind: Node, metadata: {name: node-1}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: ${podSelector}, ingress: ${ingress}}
`;

describe('An object that should close something', () => {
  let folder: string;
  let scheduler: VirtualTimeScheduler;
  let agent: NodeAgent;
  let told: readonly string[];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-closing-'));
    scheduler = new VirtualTimeScheduler();
    const container = new Container();
    const source = new ManifestSource({ paths: [folder], watch: true, scheduler });
    await container.load(coreModule({ nodeName: 'node-1', source }));
    container.bind(DataplaneBackend).toConstantValue(new FakeBackend());
    agent = container.get(NodeAgent);
    agent.problems$.subscribe(({ current }) => {
      told = current.map(({ code, line }) => `${line} ${code}`);
    });
  });
  afterEach(async () => {
    await agent.stop('leave');
    rmSync(folder, { recursive: true });
  });

  function write(text: string): void {
    writeFileSync(join(folder, 'cluster.yaml'), text);
    scheduler.maxFrames = scheduler.frame + 20_000;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  }

  it('and of which no version can be in force is told, and counted, until one is', async () => {
    write(policy('{matchLabel: {app: web}}'));
    await agent.start();
    expect(told).to.deep.equal(['6 PP_OBJECT_NOT_IN_FORCE', '6 PP_FIELD_UNKNOWN']);
    expect(agent.status.notInForce).to.equal(1);
    write(policy('{matchLabels: {app: web}}'));
    expect(told).to.deep.equal([]);
    expect(agent.status.notInForce).to.equal(0);
  });

  it('and was in force stays so when it cannot be read any more', async () => {
    write(policy('{matchLabels: {app: web}}'));
    await agent.start();
    write(policy('{matchLabels: {app: 7}}'));
    expect(told).to.deep.equal(['6 PP_OBJECT_INVALID']);
    expect(agent.status.notInForce).to.equal(0);
  });

  it('and closes where a rule cannot be read is in force', async () => {
    write(policy('{}', '[{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]'));
    await agent.start();
    expect(told).to.deep.equal(['6 PP_OBJECT_INVALID']);
    expect(agent.status.notInForce).to.equal(0);
  });

  it('is told again when the last version of it went', async () => {
    write(policy('{}'));
    await agent.start();
    rmSync(join(folder, 'cluster.yaml'));
    write(policy('{}').split('---')[0] ?? '');
    write(policy('[]'));
    expect(told).to.deep.equal(['6 PP_OBJECT_NOT_IN_FORCE', '6 PP_OBJECT_INVALID']);
  });

  it('is told where its kind is not read', async () => {
    write(`${policy('{}')}---\n{apiVersion: networking.k8s.io/v1, kind: NetwrokPolicy, metadata: {name: p}}\n`);
    await agent.start();
    expect(told).to.deep.equal(['8 PP_OBJECT_NOT_IN_FORCE', '8 PP_POLICY_NOT_READ']);
    expect(agent.status.notInForce).to.equal(1);
    write(policy('{}'));
    expect(agent.status.notInForce).to.equal(0);
  });

  it('is no other than one of the kinds that close', async () => {
    write(`${policy('{}')}---\n{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {prots: []}}\n`);
    await agent.start();
    expect(told).to.include('8 PP_FIELD_UNKNOWN').and.not.include('8 PP_OBJECT_NOT_IN_FORCE');
  });
});
