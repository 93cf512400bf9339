import { expect } from 'chai';
import fc from 'fast-check';
import { LEFT_OUT, withoutSecrets, withoutSecretTexts } from './secrets';

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl';

describe('secrets', () => {
  it('are left out of a text by their look', () => {
    expect(withoutSecretTexts(`a ${PEM} b`)).to.equal(`a ${LEFT_OUT} b`);
    expect(withoutSecretTexts(`cut ${PEM.slice(0, 40)}`)).to.equal(`cut ${LEFT_OUT}`);
    expect(withoutSecretTexts(`sent ${JWT}, refused`)).to.equal(`sent ${LEFT_OUT}, refused`);
    expect(withoutSecretTexts('Authorization: Bearer abc.def-123')).to.equal(`Authorization: Bearer ${LEFT_OUT}`);
    expect(withoutSecretTexts('https://admin:hunter2@10.0.0.1:6443/api')).to.equal(
      `https://${LEFT_OUT}@10.0.0.1:6443/api`,
    );
    expect(withoutSecretTexts('password=hunter2&x=1')).to.equal(`password=${LEFT_OUT}&x=1`);
  });

  it('are left out of data by the names of their fields, whatever is in them', () => {
    const data = {
      token: 'x',
      bearerToken: 'x',
      password: ['x'],
      clientCertificateData: { a: 'x' },
      'client-key-data': 'x',
      caCert: 'x',
      tlsKey: 'x',
      apiKey: 'x',
      secretRef: 'x',
      env: [{ name: 'A', value: 'x' }],
      extraEnv: 'x',
      basicAuth: 'x',
      key: 'x',
    };
    const kept = withoutSecrets({ inner: [data] }) as { readonly inner: readonly object[] };
    for (const value of Object.values(kept.inner[0] ?? {})) {
      expect(value).to.equal(LEFT_OUT);
    }
  });

  it('are not what everything else is', () => {
    const data = {
      apiVersion: 'polyplane.io/v1alpha1',
      nodeName: 'node-1',
      source: { manifests: ['/etc/keys/cluster'], kubernetes: { kubeconfig: '/etc/kubeconfig' } },
      backends: { iptables: { markMask: 3840, variant: 'auto' }, vpp: { apiSocket: '/run/vpp/api.sock' } },
      monkeys: 1,
      concerts: 2,
      healthAddress: '127.0.0.1:10266',
      featureGates: { X: true },
      nothing: null,
    };
    expect(withoutSecrets(data)).to.deep.equal(data);
    const rules =
      '-A POLYPLANE-X -s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT\nadd POLYPLANE-S4-x 10.0.0.1,tcp:80\n';
    expect(withoutSecretTexts(rules)).to.equal(rules);
  });

  it('do not get through wherever they stand in a value', () => {
    const secret = fc.constantFrom(PEM, JWT, 'https://u:hunter2@h/', 'Bearer hunter2hunter2');
    fc.assert(
      fc.property(fc.jsonValue(), secret, fc.string(), (value, hidden, name) => {
        const text = JSON.stringify(withoutSecrets({ [name]: [value, { deep: `see ${hidden} there` }] }));
        for (const part of ['MIIEow', 'eyJzdWIiOiJzeXN0ZW0ifQ', 'hunter2']) expect(text).not.to.contain(part);
      }),
    );
  });
});
