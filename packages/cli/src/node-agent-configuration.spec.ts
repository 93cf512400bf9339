import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliError } from './cli-error';
import { type KnownBackends, readNodeAgentConfiguration } from './node-agent-configuration';

const HEAD = 'apiVersion: polyplane.io/v1alpha1\nkind: NodeAgentConfiguration\n';

const KNOWN: KnownBackends = {
  names: ['iptables', 'vpp'],
  featureGates: [{ name: 'VppAffinity', stage: 'alpha' }],
};

describe('the node agent configuration', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-config-'));
    file = join(folder, 'agent.yaml');
  });
  after(() => rmSync(folder, { recursive: true }));

  function read(text: string, environment: NodeJS.ProcessEnv = {}): ReturnType<typeof readNodeAgentConfiguration> {
    writeFileSync(file, text);
    return readNodeAgentConfiguration(file, KNOWN, environment);
  }

  function messageOf(text: string): string {
    try {
      read(text);
    } catch (error) {
      expect(error).to.be.instanceOf(CliError).with.property('code', 'PP_CLI_CONFIG_INVALID');
      return (error as CliError).message.replaceAll(file, 'agent.yaml');
    }
    throw new Error('the configuration was accepted');
  }

  it('has a default for everything but source and backend; manifest paths start from its own folder', () => {
    expect(read(`${HEAD}source: {manifests: [./cluster, /etc/shop.yaml]}\nbackend: iptables\n`)).to.deep.equal({
      apiVersion: 'polyplane.io/v1alpha1',
      kind: 'NodeAgentConfiguration',
      nodeName: hostname(),
      source: { manifests: [join(folder, 'cluster'), '/etc/shop.yaml'] },
      backend: 'iptables',
      allowEmptyCluster: false,
      backends: {},
      onUnsupported: 'ignore',
      stateDirectory: '/var/lib/polyplane',
      profile: 'calico-3.19',
      featureGates: {},
      healthAddress: { host: '127.0.0.1', port: 10266 },
      metricsAddress: { host: '127.0.0.1', port: 10267 },
    });
  });

  it('names the node by itself, else by NODE_NAME, else by the host', () => {
    const text = `${HEAD}source: {manifests: [.]}\nbackend: iptables\n`;
    expect(read(`${text}nodeName: node-1\n`, { NODE_NAME: 'node-2' }).nodeName).to.equal('node-1');
    expect(read(text, { NODE_NAME: 'node-2' }).nodeName).to.equal('node-2');
    expect(read(text, { NODE_NAME: '' }).nodeName).to.equal(hostname());
  });

  it('listens on IPv6 addresses too', () => {
    const text = `${HEAD}source: {manifests: [.]}\nbackend: iptables\nhealthAddress: "[::1]:10266"\n`;
    expect(read(text).healthAddress).to.deep.equal({ host: '::1', port: 10266 });
  });

  it('has one source: manifests, or the Kubernetes API', () => {
    const kubernetes = read(`${HEAD}source: {kubernetes: {kubeconfig: ./admin.conf}}\nbackend: iptables\n`);
    expect(kubernetes.source).to.deep.equal({ kubernetes: { kubeconfig: join(folder, 'admin.conf') } });
    expect(messageOf(`${HEAD}source: {}\nbackend: iptables\n`)).to.match(/^agent\.yaml:3: source: needs one of/);
    expect(messageOf(`${HEAD}source: {kubernetes: {}, manifests: [.]}\nbackend: iptables\n`)).to.match(/needs one of/);
  });

  it('says what becomes of what is unsupported: at all, by feature, and for a backend', () => {
    const head = `${HEAD}source: {manifests: [.]}\nbackend: vpp\n`;
    const byFeature = { default: 'ignore', features: { doNotTrackPolicy: 'deny' } };
    expect(
      read(`${head}onUnsupported: {default: ignore, features: {doNotTrackPolicy: deny}}\n`).onUnsupported,
    ).to.deep.equal(byFeature);
    const { backends } = read(`${head}backends: {vpp: {apiSocket: /x, onUnsupported: refuse}}\n`);
    expect(backends).to.deep.equal({ vpp: { apiSocket: '/x', onUnsupported: 'refuse' } });
    const message = messageOf(`${head}onUnsupported: {features: {doNotTrak: deny}}\n`);
    expect(message).to.match(/^agent\.yaml:5: onUnsupported\.features\.?.*doNotTrak/);
    expect(messageOf(`${head}backends:\n  vpp:\n    onUnsupported: maybe\n`)).to.match(
      /^agent\.yaml:7: backends\.vpp\.onUnsupported: must be/,
    );
  });

  it('speaks of the version of the dataplanes that it names, and switches feature gates', () => {
    const head = `${HEAD}source: {kubernetes: {}}\nbackend: vpp\n`;
    const { profile, featureGates } = read(`${head}profile: calico-3.31\nfeatureGates: {VppAffinity: true}\n`);
    expect({ profile, featureGates }).to.deep.equal({ profile: 'calico-3.31', featureGates: { VppAffinity: true } });
    expect(messageOf(`${head}profile: latest\n`)).to.equal(
      'agent.yaml:5: profile: "latest" is not a profile such as calico-3.19',
    );
    expect(messageOf(`${head}featureGates:\n  VppAffinity: on\n`)).to.equal(
      'agent.yaml:6: featureGates.VppAffinity: must be true or false',
    );
  });

  it('names no backend and no feature gate that is not there', () => {
    const text = `${HEAD}source: {kubernetes: {}}\nbackend: vpp\nbackends:\n  vp: {}\nfeatureGates:\n  VppAfinity: true\n`;
    expect(messageOf(text).split('\n')).to.deep.equal([
      'agent.yaml:6: backends.vp: no backend is named so; there is iptables, vpp',
      'agent.yaml:8: featureGates.VppAfinity: no feature gate is named so; there is VppAffinity',
    ]);
  });

  it('is refused with file, line and field of each thing that is wrong', () => {
    const text = `${HEAD}source: {manifests: []}\nbackend: 7\nhealthAddress: localhost\nonUnsuported: deny\n`;
    const lines = messageOf(text).split('\n');
    expect(lines).to.have.length(4);
    expect(lines[0]).to.match(/^agent\.yaml:3: source\.manifests: /);
    expect(lines[1]).to.match(/^agent\.yaml:4: backend: /);
    expect(lines[2]).to.equal('agent.yaml:5: healthAddress: must be HOST:PORT');
    expect(lines[3]).to.equal('agent.yaml:6: onUnsuported: there is no such field');
  });

  it('is told everything that is wrong at once, in the order of its lines, whatever else is wrong', () => {
    const text = `apiVersion: polyplane.io/v1alpha1
kind: NodeAgentConfiguration
featureGates: {Nope: true}
source: {manifests: []}
colour: red
backends:
  none: {}
  iptables:
    varient: nft
    onUnsupported: perhaps
backend: iptable
`;
    const known = {
      ...KNOWN,
      optionFaults: (name: string, options: object) =>
        Object.keys(options)
          .filter((option) => option !== 'onUnsupported')
          .map((option) => ({ option, message: `${name} has no ${option}` })),
    };
    writeFileSync(file, text);
    expect(() => readNodeAgentConfiguration(file, known, {})).to.throw(CliError);
    try {
      readNodeAgentConfiguration(file, known, {});
    } catch (error) {
      const lines = String((error as CliError).message)
        .replaceAll(file, 'agent.yaml')
        .split('\n');
      expect(lines.map((line) => line.split(': ').slice(0, 2).join(' '))).to.deep.equal([
        'agent.yaml:3 featureGates.Nope',
        'agent.yaml:4 source.manifests',
        'agent.yaml:5 colour',
        'agent.yaml:7 backends.none',
        'agent.yaml:9 backends.iptables.varient',
        'agent.yaml:10 backends.iptables.onUnsupported',
        'agent.yaml:11 backend',
      ]);
    }
  });

  it('is refused when it is of another version, empty, or no mapping at all', () => {
    expect(messageOf('apiVersion: polyplane.io/v9\nkind: NodeAgentConfiguration\n')).to.match(
      /^agent\.yaml:1: apiVersion: /,
    );
    expect(messageOf('')).to.match(/^agent\.yaml:1: configuration: /);
    expect(messageOf('- a\n')).to.match(/^agent\.yaml:1: configuration: /);
  });

  it('is refused at the line that is not YAML', () => {
    expect(messageOf(`${HEAD}source: {manifests: [.\n`)).to.match(/^agent\.yaml:[34]: /);
  });

  it('is refused when its aliases grow without bound', () => {
    const bomb = ['a0: &a0 [x]'];
    for (let level = 1; level <= 12; level += 1) {
      const alias = `*a${level - 1}`;
      bomb.push(`a${level}: &a${level} [${Array(9).fill(alias).join(',')}]`);
    }
    expect(messageOf(bomb.join('\n'))).to.match(/alias/i);
  });

  it('is refused when it cannot be read', () => {
    expect(() => readNodeAgentConfiguration(join(folder, 'none.yaml'), KNOWN)).to.throw(CliError, 'no such file');
  });
});
