/** What a manual page says that the command line's own definition does not. What stands in `backticks` is to be typed as it stands. */
import type { EXAMPLES } from '../../packages/cli/src/examples';
import { ExitCode } from '../../packages/cli/src/exit-code';
import type { HeededFile, Variable } from './environment';
import type { ObjectMeanings } from './field-definitions';
import { CHECK_FIELDS, CLEANUP_FIELDS, CODE_FIELDS, STATUS_FIELDS, TEST_FIELDS, TRACE_FIELDS } from './output-fields';

export interface CommandProse {
  /** Paragraphs. */
  readonly description: readonly string[];
  /** Paragraphs about what is printed for people, and what else scripts may rely on. */
  readonly output: readonly string[];
  /** Of what `-o json` prints; the last paragraph of `output` leads to them. */
  readonly fields?: ObjectMeanings;
  /** What these exit codes mean here. Without a meaning, the command does not end with the code. */
  readonly exit: { readonly [ExitCode.no]?: string; readonly [ExitCode.hostUnable]?: string };
  readonly environment: readonly Variable[];
  readonly files: readonly HeededFile[];
  /** `NAME(SECTION)`, beside polyplane(1). */
  readonly seeAlso: readonly string[];
}

const COLOURS: readonly Variable[] = ['FORCE_COLOR', 'NO_COLOR'];

export const COMMAND_PROSE: Readonly<Record<keyof typeof EXAMPLES, CommandProse>> = {
  run: {
    description: [
      'Follows the cluster’s objects, computes what this node’s dataplane must do, and has a backend put it in force and keep it so. Nothing is written before the source’s initial list is complete.',
      'What the agent does is said by its configuration. A backend that cannot run on this host ends it; there is no fall-back to another one.',
      'SIGTERM and SIGINT end the agent; what is in force stays in force, and the next start adopts it.',
    ],
    output: [
      'Logs go to standard error, one JSON object a line. Nothing goes to standard output.',
      'The agent answers over HTTP. At its `healthAddress`: `/healthz` (200 unless it has failed), `/readyz` (200 once a complete desired state has been put in force and the dataplane is there, else 503) and `/status` (what polyplane-status(1) shows). At its `metricsAddress`: `/metrics`, in the text format of Prometheus.',
    ],
    exit: {
      [ExitCode.no]:
        'the cluster asks for what the backend does not do, and the configuration (`refuse`) or the limit itself (`refuseToStart`) forbids to go on',
      [ExitCode.hostUnable]: 'the backend cannot run on this host, or an address cannot be listened on',
    },
    environment: ['KUBECONFIG', 'NODE_NAME', 'PATH'],
    files: ['~/.kube/config', '/var/run/secrets/kubernetes.io/serviceaccount'],
    seeAlso: ['polyplane-node-agent-configuration(5)', 'polyplane-check(1)', 'polyplane-status(1)'],
  },
  check: {
    description: [
      'Holds a cluster’s objects against the limits of each backend, and names every object that asks for what a backend does not do, with the field, the file and the line, and what to do about it. One of `--filename`, `--kubeconfig` and `--context` is needed.',
      'With `--from` and `--to` it also says what a switch between two backends changes where nothing is missing: which clients’ addresses policies see, how connections are spread, what happens to those that exist.',
      'A setting that nobody wrote is not guessed into a finding. An object that breaks its API’s rules is reported on standard error and left out; everything else is checked, and the exit code is 2.',
    ],
    output: [
      'A table gives the verdict on each backend, then its findings by their code, and last what the answer rests on: the profile whose limits count, the version and the date, and where another profile would judge otherwise. `-o html` prints one page that needs neither network nor script.',
      'With `-o json` or `-o yaml`, one object:',
    ],
    fields: CHECK_FIELDS,
    exit: {
      [ExitCode.no]: 'a checked backend does not support the cluster; of a switch, the backend that it leads to',
      [ExitCode.hostUnable]: 'the cluster cannot be reached, or does not let its objects be read',
    },
    environment: [...COLOURS, 'KUBECONFIG', 'SOURCE_DATE_EPOCH'],
    files: ['~/.kube/config', '/var/run/secrets/kubernetes.io/serviceaccount'],
    seeAlso: ['polyplane-codes(1)', 'polyplane-trace(1)'],
  },
  trace: {
    description: [
      'Computes what the dataplane of a node must do with the cluster that manifests or an API server describe, sends one packet through it in a simulator, and says what each stage and each rule does to it. Nothing of this machine is asked or changed.',
      'The packet begins at the node of its sender, and is followed to that of its destination. With `--node`, it begins at the one that is named; what the sender’s own node does before is then not judged, which a warning says.',
      'Where a policy denies the packet, the rule that came nearest to allowing it is named, with what the packet lacks.',
      'A destination is an address, a pod by its own address, or a service (`svc:`) by its cluster IP. A port is a number, or a name that a container of the pod, or the service, has for it. The protocol is tcp unless `--to` says udp, sctp, icmp or a number; of a pod or a service it is the port’s own. An IPv6 address with a port stands in brackets.',
    ],
    output: [
      'A table has a row for each stage and rule that was asked, in order; where it is wider than the terminal (or than `COLUMNS` says), each has lines of its own. The verdict does not change the exit code, unless `--expect` is given: `deny` then means any verdict but `allow`.',
      'With `-o json` or `-o yaml`, one object:',
    ],
    fields: TRACE_FIELDS,
    exit: {
      [ExitCode.no]: 'the verdict is another than `--expect` says',
      [ExitCode.hostUnable]: 'the cluster cannot be reached, or does not let its objects be read',
    },
    environment: [...COLOURS, 'COLUMNS', 'KUBECONFIG'],
    files: ['~/.kube/config', '/var/run/secrets/kubernetes.io/serviceaccount'],
    seeAlso: ['polyplane-render(1)', 'polyplane-test(1)'],
  },
  render: {
    description: [
      'Prints what a backend would program on an empty host for one node of the cluster that manifests or an API server describe. Nothing of this machine is asked or changed, so it needs neither root nor the backend’s tools.',
    ],
    output: [
      'Text in the backend’s own terms; of `iptables`, the input of ipset(8) and iptables-restore(8). The same input prints the same text, so two renderings can be compared by diff(1).',
    ],
    exit: { [ExitCode.hostUnable]: 'the cluster cannot be reached, or does not let its objects be read' },
    environment: ['KUBECONFIG'],
    files: ['~/.kube/config', '/var/run/secrets/kubernetes.io/serviceaccount'],
    seeAlso: ['polyplane-trace(1)', 'iptables-restore(8)', 'ipset(8)'],
  },
  test: {
    description: [
      'Runs suites: objects of a cluster, and what must become of packets. The simulator judges them in this process. Of any other backend, a throw-away network of namespaces is built, the real dataplane is programmed in it, and real packets are sent; nothing outside of those namespaces is touched, and nothing is left behind, also after ^C.',
      'A path goes before the name of a bundled suite. A suite that says what cannot be understood is refused with file, line and field, and none is run. A probe that the backend’s limits exclude is skipped with the limit’s code.',
    ],
    output: [
      'A table gives each suite and the probes that failed, with what was expected and what happened. The line `N passed, N failed, N skipped` closes it; beside `-o json` and `-o junit`, that line goes to standard error.',
      'With `-o json`, one object:',
    ],
    fields: TEST_FIELDS,
    exit: {
      [ExitCode.no]: 'a probe failed',
      [ExitCode.hostUnable]:
        'this host cannot run the backend: not root, or something is lacking that the message names',
    },
    environment: [...COLOURS, 'PATH'],
    files: [],
    seeAlso: ['polyplane-trace(1)'],
  },
  diff: {
    description: [
      'Compares what a backend has in force in this network namespace with what it would have in force for one node of the cluster that manifests or an API server describe, as diff(1) does. It reads only: also beside a running agent nothing is changed.',
      'With `--config`, everything is as the agent of that configuration would have it: its node, source, backend and backend’s options, profile, feature gates and `onUnsupported`. Options go before it. Without, the backend’s options have their defaults: an agent that was told others differs.',
      'What stands in force of the backend and is not wanted, also from earlier sessions, is a difference. What belongs to others is not looked at.',
    ],
    output: [
      'A unified diff of each part that differs (of `iptables`: each table, the sets, the settings), in the backend’s own terms; nothing where none does. Of a backend that cannot say what is in force, what it would write.',
    ],
    exit: {
      [ExitCode.no]: 'something differs',
      [ExitCode.hostUnable]: 'not root, the backend cannot run on this host, or what is in force cannot be read',
    },
    environment: [...COLOURS, 'KUBECONFIG', 'NODE_NAME', 'PATH'],
    files: ['~/.kube/config', '/var/run/secrets/kubernetes.io/serviceaccount'],
    seeAlso: ['polyplane-render(1)', 'polyplane-run(1)', 'polyplane-cleanup(1)', 'diff(1)'],
  },
  cleanup: {
    description: [
      'Removes every trace of a backend, or of all, from the network namespace that it is run in: rules, sets, programs and settings of any earlier session, and nothing else. Established connections that only they carried end.',
      'While a node agent is at work there, it is refused, and no agent can start meanwhile; `--force` goes on, though the agent’s next audit puts everything back. Removing what is not there is no error.',
    ],
    output: [
      'A table of what was there, part by part, and what became of it.',
      'With `-o json` or `-o yaml`, one object:',
    ],
    fields: CLEANUP_FIELDS,
    exit: { [ExitCode.hostUnable]: 'not root, a node agent is at work, or something could not be removed' },
    environment: [...COLOURS, 'NODE_NAME', 'PATH'],
    files: [],
    seeAlso: ['polyplane-run(1)', 'polyplane-diff(1)'],
  },
  status: {
    description: [
      'Asks a node agent, which polyplane-run(1) started, what it is doing.',
      'With `--wait`, it is asked until it is ready, also where no agent answers yet, for a number of seconds at most; an agent that has failed is not waited for.',
    ],
    output: [
      'A table gives what is in force and what is not, with the reasons.',
      'With `-o json` or `-o yaml`, what the agent’s `/status` answers:',
    ],
    fields: STATUS_FIELDS,
    exit: {
      [ExitCode.no]: 'the agent is not ready, with `--wait` not in time',
      [ExitCode.hostUnable]: 'no agent answers at the address, with `--wait` not in time',
    },
    environment: COLOURS,
    files: [],
    seeAlso: ['polyplane-run(1)', 'polyplane-codes(1)'],
  },
  bundle: {
    description: [
      'Collects in one archive what a maintainer needs to help: the agent’s configuration, its status and metrics, what each backend found on this host and has in force here, and the versions. With `--config`, or with `--backend` and a cluster, also what cannot be used of the input, what a check says, the diagnostics, the plan, and how what is in force differs from it.',
      'It reads only. Without a running agent, without root, or where anything else is lacking, the rest is collected; what is missing is said on standard error and in `contents.json`, with the reason.',
      'Secrets are left out: of the configuration each field whose name speaks of a token, password, key, certificate, credential or environment, and its comments; of every file what looks like a token, a key or a certificate. No kubeconfig and no environment variable is in it. Names and addresses of the cluster are: look through it before you hand it on.',
    ],
    output: [
      'The path of what was written. `--out` names a `.tar.gz` or `.tgz`, a folder to make, or `-` for an archive on standard output; what is there already is not touched. Only its owner may read it.',
    ],
    exit: {},
    environment: ['KUBECONFIG', 'NODE_NAME', 'PATH', 'SOURCE_DATE_EPOCH'],
    files: ['~/.kube/config', '/var/run/secrets/kubernetes.io/serviceaccount'],
    seeAlso: ['polyplane-status(1)', 'polyplane-diff(1)', 'polyplane-check(1)'],
  },
  codes: {
    description: [
      'Every error and every diagnostic carries a code. The code is stable, the message beside it is not: match on the code.',
    ],
    output: [
      'A table lists every code; of one code, its meaning and what to do about it are printed.',
      'With `-o json` or `-o yaml`, of one code an object, else a list of them:',
    ],
    fields: CODE_FIELDS,
    exit: {},
    environment: COLOURS,
    files: [],
    seeAlso: ['polyplane-check(1)'],
  },
  completion: {
    description: [
      'Prints what the shell needs to complete commands, options, backends, bundled suites and codes. For bash and zsh, have the shell’s start-up file read it as the example does; fish reads the output of `polyplane completion fish` by `source`.',
    ],
    output: ['A script for the shell.'],
    exit: {},
    environment: [],
    files: [],
    seeAlso: ['bash(1)', 'zsh(1)', 'fish(1)'],
  },
};
