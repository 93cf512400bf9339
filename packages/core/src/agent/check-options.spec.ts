import { expect } from 'chai';
import { of } from 'rxjs';
import { SILENT_LOGGER } from '../backend/logger';
import { CoreError } from '../core-error';
import { MemorySource } from '../sources/memory';
import { checkAgentOptions } from './check-options';
import { coreModule } from './module';

const WHOLE = { nodeName: 'node-1', source: new MemorySource() };

/** What is said against options that a caller without types may give; nothing where there is nothing to say. */
function faultsOf(options: unknown): readonly string[] {
  try {
    checkAgentOptions(options);
  } catch (error) {
    expect(error).to.be.instanceOf(CoreError).with.property('code', 'PP_AGENT_OPTIONS_INVALID');
    return error instanceof CoreError ? error.message.split('; ') : [];
  }
  return [];
}

describe('the options of a node agent', () => {
  it('need a node and a source, and nothing else', () => {
    expect(faultsOf(WHOLE)).to.deep.equal([]);
    expect(faultsOf({ nodeName: 'node-1', source: { batches$: of() } })).to.deep.equal([]);
    expect(faultsOf({}).map((fault) => fault.split(':')[0])).to.deep.equal(['nodeName', 'source']);
    expect(faultsOf(undefined).map((fault) => fault.split(':')[0])).to.deep.equal(['options']);
  });

  it('may be all that there are', () => {
    const all = {
      ...WHOLE,
      allowMissingNode: false,
      backend: 'iptables',
      backends: { iptables: { variant: 'nft', onUnsupported: 'deny' }, mine: {} },
      onUnsupported: { default: 'ignore', features: { sessionAffinity: 'refuse' } },
      profile: 'calico-3.30',
      featureGates: { Any: true },
      logger: SILENT_LOGGER,
      networkNamespace: '/run/netns/a',
      auditIntervalSeconds: 30,
      backoff: { initialDelayMs: 1, maxDelayMs: 1 },
      interfaceNameOf: () => 'eth0',
      settings: { masqueradeAll: true, endpointToHostAction: 'drop', localDetector: { kind: 'workloadInterfaces' } },
      serviceRules: { hints: 'wherePresent', usesTerminating: false },
    };
    expect(faultsOf(all)).to.deep.equal([]);
  });

  it('are all told that are wrong, each with its place', () => {
    const wrong = {
      nodeName: '',
      source: {},
      nodename: 'node-1',
      backends: { vpp: { onUnsupported: 1 }, ebpf: 7 },
      profile: '3.19',
      featureGates: { Any: 'yes' },
      logger: console.log,
      auditIntervalSeconds: 0,
      backoff: { initialDelayMs: 20, maxDelayMs: 10 },
      settings: { masqueradeALL: true, endpointToHostAction: 'reject' },
      serviceRules: { hints: 'never' },
    };
    expect(faultsOf(wrong)).to.have.members([
      'nodeName: must not be empty',
      'source: must be a Source: an object whose batches$ is an Observable',
      'backends.vpp.onUnsupported: must be ignore, deny or refuse, or {default, features: {FEATURE: ...}} with these',
      'backends.ebpf: must be an object',
      'profile: "3.19" is not a profile such as calico-3.19',
      'featureGates.Any: must be true or false',
      'logger: must be a Logger: an object with debug, info, warn and error',
      'auditIntervalSeconds: must be 1 at least',
      'backoff: has a first delay beyond the longest one',
      'settings.endpointToHostAction: must be drop, return or accept',
      'settings.masqueradeALL: there is no such option',
      'serviceRules.hints: must be whenComplete or wherePresent',
      'nodename: there is no such option',
    ]);
  });

  it('are checked when the module is made', () => {
    // As a caller without types may write it.
    const misspelt = { ...WHOLE, backEnd: 'iptables' };
    expect(() => coreModule(misspelt)).to.throw(CoreError, 'backEnd: there is no such option');
  });
});
