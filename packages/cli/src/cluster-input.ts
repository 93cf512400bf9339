/** Where a command reads its cluster from: manifests, or an API server as it is now. */
import { type Command, Option } from 'commander';
import { FIELD_VALIDATIONS, type FieldValidation } from '@polyplane/core';
import { ProgressBar } from './check/progress-bar';
import { readLiveObjects } from './check/read-live-objects';
import { type ReadObjects, readObjects } from './check/read-objects';
import { CliError } from './cli-error';

/** As the options say. */
export interface ClusterInput {
  readonly filename?: readonly string[];
  /** True: the kubeconfig that kubectl would take. */
  readonly kubeconfig?: string | true;
  /** Which of its contexts; alone, of the kubeconfig that kubectl would take. */
  readonly context?: string;
  /** What becomes of fields that an object's kind does not have. Default: as the source of the objects has it. */
  readonly validate?: FieldValidation;
}

/** `-f`, many times, or `--kubeconfig` and `--context`; `--validate`. */
export function addClusterInput(command: Command): Command {
  return command
    .addOption(
      new Option('-f, --filename <path...>', 'manifest files, folders (read recursively), or - for stdin').conflicts([
        'kubeconfig',
        'context',
      ]),
    )
    .addOption(new Option('--kubeconfig [file]', 'read a running cluster (default: as kubectl does)'))
    .addOption(new Option('--context <name>', 'the kubeconfig’s context, in place of the current one'))
    .addOption(
      new Option(
        '--validate <how>',
        'what becomes of fields that no schema knows: refuse the object, warn and close the rule, or ignore them (default: strict for manifests, warn for a running cluster)',
      ).choices(FIELD_VALIDATIONS),
    );
}

/**
 * Reads everything that can be read; what is wrong is among the problems.
 * @throws CliError PP_CLI_USAGE when there is nothing to read; CoreError PP_KUBECONFIG_INVALID, PP_CLUSTER_UNREACHABLE,
 *   PP_CLUSTER_FORBIDDEN
 */
export function readClusterInput({ filename, kubeconfig, context, validate }: ClusterInput): Promise<ReadObjects> {
  if (filename !== undefined) return readObjects(filename, new ProgressBar('reading manifests'), validate);
  if (kubeconfig !== undefined || context !== undefined) {
    return readLiveObjects(kubeconfig === true ? undefined : kubeconfig, context, undefined, validate);
  }
  throw new CliError('PP_CLI_USAGE', 'give manifests by -f, or a running cluster by --kubeconfig');
}
