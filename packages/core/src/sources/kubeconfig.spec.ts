import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CoreError } from '../core-error';
import { readKubeConfig } from './kubeconfig';

const GOOD = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: 'https://192.0.2.1:6443'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`;

describe('a kubeconfig', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-kubeconfig-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(text: string): string {
    const file = join(folder, 'config');
    writeFileSync(file, text);
    return file;
  }

  it('says which API server is meant', () => {
    expect(readKubeConfig(write(GOOD)).getCurrentCluster()?.server).to.equal('https://192.0.2.1:6443');
  });

  const TWO = GOOD.replace(
    'clusters: [',
    "clusters: [{name: d, cluster: {server: 'https://192.0.2.2:6443'}}, ",
  ).replace(
    'contexts: [',
    'contexts: [{name: y, context: {cluster: d, user: u}}, {name: z, context: {cluster: e, user: u}}, ',
  );

  it('says which API server another context than the current one means', () => {
    expect(readKubeConfig(write(TWO)).getCurrentCluster()?.server).to.equal('https://192.0.2.1:6443');
    expect(readKubeConfig(write(TWO), 'y').getCurrentCluster()?.server).to.equal('https://192.0.2.2:6443');
  });

  it('is refused when it has no such context, naming those that there are, or one that names no cluster', () => {
    const file = write(TWO);
    expect(() => readKubeConfig(file, 'prod'))
      .to.throw(CoreError, `${file}: no context is named "prod"; there is y, z, x`)
      .with.property('code', 'PP_KUBECONFIG_INVALID');
    expect(() => readKubeConfig(file, 'z')).to.throw(CoreError, 'context z names no cluster');
  });

  for (const [title, text] of [
    ['is not YAML', 'clusters: [\n'],
    ['names no cluster', GOOD.replace('cluster: c,', 'cluster: d,')],
  ] as const) {
    it(`is refused, by its name, when it ${title}`, () => {
      const file = write(text);
      expect(() => readKubeConfig(file))
        .to.throw(CoreError, file)
        .with.property('code', 'PP_KUBECONFIG_INVALID');
    });
  }

  it('is refused when it is not there', () => {
    expect(() => readKubeConfig(join(folder, 'none'))).to.throw(CoreError, 'no such file');
  });
});
