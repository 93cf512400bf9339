/** Options that several commands share. */
import { Option } from 'commander';

/** `--backend-module`, many times: where backends of third parties come from. */
export function backendModuleOption(): Option {
  return new Option('--backend-module <module...>', 'packages or files that export further backends').default(
    [],
    'none',
  );
}

/** `-f`, many times. */
export function filenameOption(): Option {
  return new Option(
    '-f, --filename <path...>',
    'manifest files, folders (read recursively), or - for stdin',
  ).makeOptionMandatory();
}

/** `--node`. */
export function nodeOption(): Option {
  return new Option('--node <name>', 'the node whose dataplane is meant').makeOptionMandatory();
}
