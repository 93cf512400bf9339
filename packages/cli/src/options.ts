/** Options that several commands share. */
import { Option } from 'commander';
import { DEFAULT_PROFILE, type FeatureGates, parseProfile } from '@polyplane/core';
import { CliError } from './cli-error';

/** `--backend-module`, many times: where backends of third parties come from. */
export function backendModuleOption(): Option {
  return new Option('--backend-module <module...>', 'packages or files that export further backends').default(
    [],
    'none',
  );
}

/** `--node`. */
export function nodeOption(description = 'the node whose dataplane is meant'): Option {
  return new Option('--node <name>', description);
}

/** `--profile`. */
export function profileOption(): Option {
  return new Option('--profile <profile>', 'the version of the dataplanes whose limits count')
    .argParser(parseProfile)
    .default(DEFAULT_PROFILE);
}

/** `--feature-gates`, many times; the last word on a gate counts. */
export function featureGatesOption(): Option {
  return new Option(
    '--feature-gates <name=true|false,...>',
    'what a backend does beyond its limits, where it has gates',
  )
    .argParser(parseFeatureGates)
    .default({}, 'each as its stage says');
}

function parseFeatureGates(text: string, earlier: FeatureGates): FeatureGates {
  const switched = text.split(',').map((pair): [string, boolean] => {
    const [, name, state] = /^\s*(\w+)=(true|false)\s*$/.exec(pair) ?? [];
    if (name !== undefined) return [name, state === 'true'];
    throw new CliError(
      'PP_CLI_USAGE',
      `--feature-gates: ${JSON.stringify(pair.slice(0, 80))} is not NAME=true or NAME=false`,
    );
  });
  return Object.fromEntries([...Object.entries(earlier), ...switched]);
}
