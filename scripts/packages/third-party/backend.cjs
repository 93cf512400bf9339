// A third party's backend, in a project of its own: it has its own copies of inversify and of @polyplane/core.
const { ContainerModule } = require('inversify');
const { DataplaneBackend } = require('@polyplane/core/backend');
const { FakeBackend } = require('@polyplane/core/testing');

const limits = [
  {
    code: 'PP_LIMIT_THIRD_PARTY_AFFINITY',
    feature: 'sessionAffinity',
    support: 'unsupported',
    effect: 'objectIgnored',
    message: 'The third party has no session affinity.',
    remedy: 'Do without.',
    source: 'this check',
  },
];
const missing = [{ what: 'a dataplane', remedy: 'Look for one.' }];

exports.thirdPartyModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend).toConstantValue(new FakeBackend({ name: 'third-party', limits }));
  bind(DataplaneBackend).toConstantValue(new FakeBackend({ name: 'unusable', missing }));
});
