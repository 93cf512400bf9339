import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataplaneError } from './backend/backend';
import { CoreError } from './core-error';
import { CodedError } from './errors';
import { FakeBackendError } from './testing';

/** The classes of another copy of this package. */
function loadCopy(): typeof import('./testing') & typeof import('./backend-door') {
  const require = createRequire(__filename);
  const paths = ['./testing', './backend-door'].map((path) => require.resolve(join(__dirname, path)));
  const kept = { ...require.cache };
  for (const path of Object.keys(require.cache)) if (path.startsWith(join(__dirname, '/'))) delete require.cache[path];
  const copy = Object.assign({}, ...paths.map((path) => require(path)));
  Object.assign(require.cache, kept);
  return copy;
}

describe('errors of another copy of this package', () => {
  const copy = loadCopy();
  const coded = new copy.CoreError('PP_PLAN_STALE', 'stale');
  const dataplane = new copy.FakeBackendError('PP_FAKE_UNUSABLE', 'no', { isRetriable: true });

  it('are of classes of their own', () => {
    expect(copy.CoreError).not.to.equal(CoreError);
    expect(Object.getPrototypeOf(coded)).not.to.equal(CoreError.prototype);
  });

  it('are what they are called here', () => {
    expect([coded instanceof CodedError, coded instanceof CoreError, coded instanceof DataplaneError]).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect([
      dataplane instanceof CodedError,
      dataplane instanceof CoreError,
      dataplane instanceof DataplaneError,
    ]).to.deep.equal([true, false, true]);
    expect(new CoreError('PP_PLAN_STALE', 'stale') instanceof copy.CoreError).to.equal(true);
  });

  it('are not of a class here that derives from a common one', () => {
    expect(dataplane instanceof FakeBackendError).to.equal(false);
    expect(new FakeBackendError('PP_FAKE_UNUSABLE', 'no', { isRetriable: true }) instanceof FakeBackendError).to.equal(
      true,
    );
  });

  it('are not what anything else is', () => {
    for (const value of [new Error('x'), { code: 'PP_X' }, null, undefined, 'CodedError', Object.create(null)]) {
      expect(value instanceof CodedError).to.equal(false);
    }
  });
});
