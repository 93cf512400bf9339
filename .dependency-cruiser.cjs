// Who may import whom. scripts/layering.spec.ts proves that each rule bites.

const SPEC = '\\.spec\\.ts$';
/** Support of specs, which no package ships. */
const SPEC_SUPPORT = '^packages/(backend-[^/]+|cli|linux)/src/testing/';
/** Node's modules that touch nothing outside the process and know no time: what pure code may use. */
const PURE_BUILTINS = '^(node:)?(assert|buffer|crypto|path|string_decoder|url|util)(/|$)';
/** Core's rooms that know no I/O, clock or stream. The simulator's face as a backend is the one exception. */
const PURE_CORE = '^packages/core/src/(state|dataplane|compute|simulator|limits)/';
const SIMULATOR_BACKEND = '^packages/core/src/simulator/(simulator-)?backend\\.ts$';
/** A backend's pure room. */
const RENDER = '^packages/backend-[^/]+/src/render/';
/** Every file that another package may import: what the packages' `exports` name. */
const DOORS = [
  '^packages/core/src/(index|address-door|backend-door|simulator/index|testing/index)\\.ts$',
  '^packages/linux/src/index\\.ts$',
  '^packages/backend-[^/]+/src/index\\.ts$',
  '^packages/backend-vpp/src/(api|fake)/index\\.ts$',
  '^packages/conformance/src/index\\.ts$',
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that need each other, be it for types only, are one subject in two places.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'Every import leads to a file, and into another package only through what it exports.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-dependencies',
      comment: 'What a package imports stands in its own package.json.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: [SPEC, SPEC_SUPPORT] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], dependencyTypesNot: ['npm', 'npm-peer'] },
    },
    {
      name: 'only-doors',
      comment: "Nobody imports another package's internals.",
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', ...DOORS] },
    },
    {
      name: 'only-doors-from-outside',
      comment: 'Examples and benchmarks use the packages as a user does.',
      severity: 'error',
      from: { path: '^(examples|bench)/' },
      to: { path: '^packages/', pathNot: DOORS },
    },
    {
      name: 'by-name-not-by-path',
      comment: 'Another package is imported by its name, never by a relative path.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|examples|bench)/' },
      to: {
        path: '^packages/',
        pathNot: '^$1/',
        dependencyTypes: ['local'],
        dependencyTypesNot: ['aliased-workspace'],
      },
    },
    {
      name: 'core-alone',
      comment: 'core imports no other package of this house.',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { path: '^packages/', pathNot: '^packages/core/' },
    },
    {
      name: 'backend-on-core-backend',
      comment:
        'A backend imports `@polyplane/core/backend` and `@polyplane/linux`, and no other door, so that no Kubernetes type reaches it.',
      severity: 'error',
      from: { path: '^packages/(backend-[^/]+)/', pathNot: [SPEC, SPEC_SUPPORT] },
      to: {
        path: '^packages/',
        pathNot: ['^packages/$1/', '^packages/core/src/backend-door\\.ts$', '^packages/linux/src/index\\.ts$'],
      },
    },
    {
      name: 'linux-knows-addresses-alone',
      comment: 'What is asked of the kernel knows addresses and coded errors, and nothing of clusters or dataplanes.',
      severity: 'error',
      from: { path: '^packages/linux/' },
      to: { path: '^packages/', pathNot: ['^packages/linux/', '^packages/core/src/address-door\\.ts$'] },
    },
    {
      name: 'address-door-without-state',
      comment: 'Whatever `@polyplane/core/address` leads to, it never leads to more than addresses and errors.',
      severity: 'error',
      from: { path: '^packages/core/src/address-door\\.ts$' },
      to: {
        path: '^packages/',
        pathNot: '^packages/core/src/(brand|copies|core-error|errors|state/address)\\.ts$',
        reachable: true,
      },
    },
    {
      name: 'backend-specs',
      comment: "A backend's specs, and what only they use, may also take any of core's doors and the conformance kit.",
      severity: 'error',
      from: { path: [`^packages/(backend-[^/]+)/.*${SPEC}`, '^packages/(backend-[^/]+)/src/testing/'] },
      to: {
        path: '^packages/',
        pathNot: [
          '^packages/$1/',
          '^packages/core/src/(index|backend-door|testing/index|simulator/index)\\.ts$',
          '^packages/linux/src/index\\.ts$',
          '^packages/conformance/src/index\\.ts$',
        ],
      },
    },
    {
      name: 'conformance-knows-no-backend',
      comment: 'The kit takes any backend, so it names none.',
      severity: 'error',
      from: { path: '^packages/conformance/' },
      to: { path: '^packages/(backend-[^/]+|cli)/' },
    },
    {
      name: 'cli-is-the-top',
      comment: 'Nothing imports the command.',
      severity: 'error',
      from: { pathNot: '^packages/cli/' },
      to: { path: '^packages/cli/' },
    },
    {
      name: 'pure-core-no-io',
      comment: 'state, compute, simulator and limits know no I/O, clock or randomness: it is handed to them.',
      severity: 'error',
      from: { path: PURE_CORE, pathNot: SPEC },
      to: { dependencyTypes: ['core'], pathNot: PURE_BUILTINS },
    },
    {
      name: 'pure-core-no-streams',
      comment: 'RxJS is the public face and the wiring, not what computes.',
      severity: 'error',
      from: { path: PURE_CORE, pathNot: [SPEC, SIMULATOR_BACKEND] },
      to: { path: 'node_modules/rxjs/' },
    },
    {
      name: 'state-is-the-ground',
      comment: 'The desired state depends on no other room of core.',
      severity: 'error',
      from: { path: '^packages/core/src/state/', pathNot: SPEC },
      to: { path: '^packages/core/src/[^/]+/', pathNot: '^packages/core/src/state/' },
    },
    {
      name: 'dataplane-on-state',
      comment: 'What dataplanes work out alike, they work out of the desired state.',
      severity: 'error',
      from: { path: '^packages/core/src/dataplane/', pathNot: SPEC },
      to: { path: '^packages/core/src/[^/]+/', pathNot: '^packages/core/src/(dataplane|state)/' },
    },
    {
      name: 'limits-without-backend',
      comment: 'Limits and behaviours are what the interface of backends speaks of, not the other way round.',
      severity: 'error',
      from: { path: '^packages/core/src/limits/', pathNot: SPEC },
      to: { path: '^packages/core/src/(backend|simulator|sources|agent)/' },
    },
    {
      name: 'resources-without-sources',
      comment: 'Resources and what is computed of them do not know where they came from.',
      severity: 'error',
      from: { path: '^packages/core/src/(resources|compute)/', pathNot: SPEC },
      to: { path: '^packages/core/src/(sources|backend|simulator|agent)/' },
    },
    {
      name: 'kubernetes-client-in-sources',
      comment: 'Only a source talks to the Kubernetes API.',
      severity: 'error',
      from: { path: '^packages/', pathNot: ['^packages/core/src/sources/', SPEC] },
      to: { path: 'node_modules/@kubernetes/client-node/' },
    },
    {
      name: 'backend-door-without-resources',
      comment: 'Whatever `@polyplane/core/backend` leads to, it never leads to a Kubernetes or Calico object.',
      severity: 'error',
      from: { path: '^packages/core/src/backend-door\\.ts$' },
      to: { path: ['^packages/core/src/(resources|sources)/', 'node_modules/@kubernetes/'], reachable: true },
    },
    {
      name: 'render-no-io',
      comment: 'render/ is pure: desired state in, kernel or VPP objects out.',
      severity: 'error',
      from: { path: RENDER, pathNot: SPEC },
      to: { dependencyTypes: ['core'], pathNot: PURE_BUILTINS },
    },
    {
      name: 'render-no-streams',
      comment: 'render/ is pure: no streams.',
      severity: 'error',
      from: { path: RENDER, pathNot: SPEC },
      to: { path: 'node_modules/rxjs/' },
    },
    {
      name: 'render-no-kernel',
      comment: 'render/ is pure: it does not know how its objects get into the kernel.',
      severity: 'error',
      from: { path: RENDER, pathNot: SPEC },
      to: { path: '^packages/(backend-[^/]+/src/kernel|linux)/' },
    },
    {
      name: 'no-specs-imported',
      comment: 'A spec is no library.',
      severity: 'error',
      from: {},
      to: { path: SPEC },
    },
    {
      name: 'test-tools-in-tests',
      comment: 'What ships does not load a test tool; the conformance kit is one.',
      severity: 'error',
      from: {
        path: '^packages/',
        pathNot: [SPEC, SPEC_SUPPORT, '^packages/conformance/', '^packages/core/src/testing/'],
      },
      to: { path: 'node_modules/(@types/)?(mocha|chai|fast-check)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^packages/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@polyplane/source', 'types', 'require', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'],
    },
  },
};
