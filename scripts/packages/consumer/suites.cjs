// A user's CommonJS file: a bundled suite, judged by the simulator.
require('reflect-metadata');
const { BUNDLED_SUITES_FOLDER, loadSuites, runSuites } = require('@polyplane/conformance');
const { SimulatorBackend } = require('@polyplane/core/simulator');

const { suites, problems } = loadSuites(`${BUNDLED_SUITES_FOLDER}/e2e-netpol`);
runSuites({ suites, backend: new SimulatorBackend() }).then(({ passed, failed, skipped }) => {
  console.log(JSON.stringify({ hasPassed: passed > 1000, failed, skipped, problems: problems.length }));
});
