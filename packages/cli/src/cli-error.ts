/** The error class of @polyplane/cli and the table of its codes. */
import { CodedError, type CodeTable } from '@polyplane/core';

/** Every error code of the command, with its meaning and remedy. */
export const CLI_CODES = {
  PP_CLI_USAGE: {
    kind: 'error',
    meaning: 'An argument or option of the command is wrong.',
    remedy: 'Correct what the message names; --help shows what a command takes.',
  },
  PP_CLI_INPUT_INVALID: {
    kind: 'error',
    meaning: 'Some input cannot be used; no answer is given, as it would be one about something else.',
    remedy: 'Correct what each line above names.',
  },
  PP_CLI_INPUT_EMPTY: {
    kind: 'error',
    meaning: 'The input has no object that says anything about node networking.',
    remedy:
      'Give files or folders (*.yaml, *.yml, *.json) that hold services, pods, nodes, policies or settings of the cluster.',
  },
  PP_CLI_NODE_UNKNOWN: {
    kind: 'error',
    meaning: 'The cluster has no node of this name.',
    remedy: 'Use one of the names that the message lists, or add the Node object to the manifests.',
  },
  PP_CLI_POD_UNKNOWN: {
    kind: 'error',
    meaning: 'The cluster has no pod of this name, or it has no node or address.',
    remedy:
      'Use one of the names that the message lists, or add the Pod object with nodeName and podIP to the manifests.',
  },
  PP_CLI_SERVICE_UNKNOWN: {
    kind: 'error',
    meaning: 'The cluster has no service of this name, or it has no address of its own to dial.',
    remedy: 'Use one of the names that the message lists, or dial a pod of the service.',
  },
  PP_CLI_PORT_UNKNOWN: {
    kind: 'error',
    meaning: 'The destination has no port of this name, or the service none of this number and protocol.',
    remedy: 'Use one of those that the message lists; of a pod or an address any number is one.',
  },
  PP_CLI_SUITE_UNKNOWN: {
    kind: 'error',
    meaning: 'A suite is neither a path nor the name of a suite that comes with the command, or a folder holds none.',
    remedy: 'Give a suite file, a folder of them, or one of the names that the message lists.',
  },
  PP_CLI_CODE_UNKNOWN: {
    kind: 'error',
    meaning: 'No package has this code.',
    remedy: '`polyplane codes` lists all of them.',
  },
  PP_CLI_CONFIG_INVALID: {
    kind: 'error',
    meaning: 'The node agent’s configuration is no YAML or breaks its schema.',
    remedy: 'Correct each field that the message names.',
  },
  PP_CLI_CONFIG_UNREADABLE: {
    kind: 'error',
    meaning: 'The node agent’s configuration cannot be read.',
    remedy: 'Check that --config names a file that exists and may be read.',
  },
  PP_CLI_MODULE_INVALID: {
    kind: 'error',
    meaning: 'A module given by --backend-module cannot be loaded or exports no inversify ContainerModule.',
    remedy: 'Give a package name or a path that Node.js can load, whose exports hold the backend’s ContainerModule.',
  },
  PP_CLI_NOT_RENDERABLE: {
    kind: 'error',
    meaning: 'A backend has no way to show a plan without the dataplane that it is for.',
    remedy: 'Choose another backend, or ask the backend’s author for `render`.',
  },
  PP_CLI_HOST_UNABLE: {
    kind: 'error',
    meaning: 'This host lacks what the command needs.',
    remedy: 'Do what the message says, or use `--backend simulator`, which needs nothing.',
  },
  PP_CLI_WORKER_ENDED: {
    kind: 'error',
    meaning:
      'A worker process of `polyplane test` ended before its work was done. The suite that it ran counts as failed.',
    remedy:
      'Look for its last words on stderr and for the kernel’s in its log (memory that ran out); --jobs 1 needs no worker.',
  },
  PP_CLI_TRACES_LEFT: {
    kind: 'error',
    meaning: 'Not every trace of a backend could be removed from this network namespace.',
    remedy: 'Do what the message says and run `polyplane cleanup` again; what was removed already stays removed.',
  },
  PP_CLI_OUTPUT_UNWRITABLE: {
    kind: 'error',
    meaning: 'The answer cannot be written, or not whole; what is there of it counts for nothing.',
    remedy: 'Make room, or permit to write, where the message says, and run the command again.',
  },
  PP_CLI_AGENT_UNREACHABLE: {
    kind: 'error',
    meaning: 'No node agent answers at this address.',
    remedy: 'Check that the agent runs and that --address is its healthAddress.',
  },
} as const satisfies CodeTable;

export type CliErrorCode = keyof typeof CLI_CODES;

/** The error that the command throws; `code` is a row of {@link CLI_CODES}. */
export class CliError extends CodedError<CliErrorCode> {
  constructor(code: CliErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
  }
}
