import { expect } from 'chai';
import { Container } from 'inversify';
import { DataplaneBackend } from '@polyplane/core/backend';
import { IptablesBackend } from './backend';
import { IptablesError } from './iptables-error';
import { iptablesModule } from './module';
import { IptablesOptions } from './options';

describe('iptablesModule', () => {
  it('binds the backend', () => {
    const container = new Container();
    container.load(iptablesModule);
    expect(container.get(DataplaneBackend)).to.be.instanceOf(IptablesBackend).with.property('name', 'iptables');
  });

  it('hands the container’s options to it, checked', () => {
    const container = new Container();
    container.load(iptablesModule);
    container.bind(IptablesOptions).toConstantValue({ markMask: 3 });
    expect(() => container.get(DataplaneBackend)).to.throw(IptablesError, 'markMask');
  });

  it('refuses an option that does not exist, so that a slip of the pen is no silent default', () => {
    const container = new Container();
    container.load(iptablesModule);
    container.bind<object>(IptablesOptions).toConstantValue({ varient: 'legacy' });
    expect(() => container.get(DataplaneBackend)).to.throw(IptablesError, 'no option varient; there is variant,');
  });
});
