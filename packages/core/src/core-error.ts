/** The error class of @polyplane/core and the table of its codes. */
import { shareBetweenCopies } from './copies';
import { CodedError, type CodeTable } from './errors';

/** Every error code of core, with its meaning and remedy. */
export const CORE_CODES = {
  PP_ADDRESS_INVALID: {
    kind: 'error',
    meaning: 'A text is not an IP address, an address range, a port or a protocol.',
    remedy: 'Correct the field that the message names.',
  },
  PP_MANIFEST_UNREADABLE: {
    kind: 'error',
    meaning: 'A manifest file or folder cannot be read.',
    remedy: 'Check that the path exists and may be read; the last good content of a watched file stays in force.',
  },
  PP_MANIFEST_SYNTAX: {
    kind: 'error',
    meaning: 'A manifest file is not valid YAML or JSON.',
    remedy: 'Correct the file at the line that the message names.',
  },
  PP_MANIFEST_EMPTY: {
    kind: 'error',
    meaning:
      'A manifest file or folder holds no object that is read: nothing is put in force, and nothing in force is taken away.',
    remedy:
      'Check that the path is the one that is meant and that what it holds is mounted; allow an empty one where it is meant.',
  },
  PP_RECORD_UNTRUSTED: {
    kind: 'error',
    meaning:
      'The record of what a source last read cannot be used: it is damaged, of another version, or others may write it. What cannot be read now has no last good version.',
    remedy:
      'Mend what cannot be read: the record is written anew once everything is. See to it that only root may write its folder.',
  },
  PP_RECORD_UNWRITABLE: {
    kind: 'error',
    meaning:
      'The record of what a source last read cannot be written. The agent goes on; after a restart, what cannot be read then has no last good version, or an older one.',
    remedy: 'Give the agent a state directory that it may write and that has room.',
  },
  PP_SOURCE_ENDED: {
    kind: 'error',
    meaning: 'A source ended before all that it was to read had been read, or broke off; what is in force stays.',
    remedy: 'Mend what the message names and start again, or let the source watch.',
  },
  PP_NODE_MISSING: {
    kind: 'error',
    meaning: 'No Node object has the name of this node: nothing is put in force, and nothing in force is taken away.',
    remedy:
      'Correct nodeName, or see to it that the node is registered; allow that it is missing where the cluster has no nodes.',
  },
  PP_OBJECT_INVALID: {
    kind: 'error',
    meaning:
      'A cluster object breaks its API’s rules and was left out; everything else goes on. Of a policy, a profile or a network set only the rules or ranges that are at fault are: an allow rule is left out, a deny or pass rule denies whatever it may match.',
    remedy: 'Correct the field that the message names.',
  },
  PP_OBJECT_NOT_IN_FORCE: {
    kind: 'error',
    meaning:
      'An object that closes traffic cannot be read, and no earlier version of it is in force: what it alone would close stands open. The agent is not ready.',
    remedy: 'Correct the field that the object’s other problems name.',
  },
  PP_FIELD_UNKNOWN: {
    kind: 'error',
    meaning: 'An object has a field that its API does not have, and was refused.',
    remedy: 'Correct the field’s name; if it is one of a newer API, read with --validate warn.',
  },
  PP_FIELD_PASSED_OVER: {
    kind: 'error',
    meaning:
      'An object has a field that its API does not have. The field was passed over; a rule that it stands in is closed.',
    remedy: 'Correct the field’s name; if it is one of a newer API, see whether a newer Polyplane knows it.',
  },
  PP_POLICY_NOT_READ: {
    kind: 'error',
    meaning:
      'A policy is of a kind or an API version that is not read, or its kind is misspelt: nothing that it says is in force. An agent with such a manifest is not ready.',
    remedy: 'Write it as a kind that is read, as the message says, or leave it to the system whose kind it is.',
  },
  PP_OBJECT_UNKNOWN_KIND: {
    kind: 'error',
    meaning: 'A cluster object is of a kind that says nothing about node networking and was left out.',
    remedy: 'Nothing need be done; correct apiVersion and kind if the object was meant to count.',
  },
  PP_OBJECT_DUPLICATE: {
    kind: 'error',
    meaning: 'Two manifests define the same object; the later one in path order counts.',
    remedy: 'Remove or rename one of the two.',
  },
  PP_KUBECONFIG_INVALID: {
    kind: 'error',
    meaning: 'A kubeconfig cannot be read, or does not say which API server is meant.',
    remedy: 'Name a kubeconfig whose current context has a cluster, or run as a pod with a service account.',
  },
  PP_SELECTOR_INVALID: {
    kind: 'error',
    meaning: 'A text is no selector, or one that is too long or too deeply nested.',
    remedy: 'Correct the selector at the character that the message names.',
  },
  PP_TIER_MISSING: {
    kind: 'error',
    meaning: 'A policy names a tier that does not exist, and is not in force.',
    remedy: 'Create the tier, or correct the name of the policy’s tier.',
  },
  PP_CLUSTER_UNREACHABLE: {
    kind: 'error',
    meaning:
      'The Kubernetes API cannot be reached, or answers what is not its form; what was read before stays in force.',
    remedy: 'Check the kubeconfig and the API server; reading is retried.',
  },
  PP_CLUSTER_FORBIDDEN: {
    kind: 'error',
    meaning: 'The Kubernetes API does not let this reader list or watch a kind of object.',
    remedy:
      'Allow its user or service account to list and watch the kind that the message names, or leave the kind out.',
  },
  PP_BACKEND_UNKNOWN: {
    kind: 'error',
    meaning: 'No backend is registered under this name.',
    remedy: 'Use one of the names that the message lists, or register the backend’s module.',
  },
  PP_BACKEND_UNUSABLE: {
    kind: 'error',
    meaning: 'This host or cluster lacks what the backend needs; the backend was not started.',
    remedy: 'Provide what the message names, or choose another backend.',
  },
  PP_BACKEND_INVALID: {
    kind: 'error',
    meaning: 'A module binds something as a backend that lacks what every backend has.',
    remedy: 'Bind an object that implements DataplaneBackend, and see to it that its package fits this version.',
  },
  PP_BACKEND_DUPLICATE: {
    kind: 'error',
    meaning: 'Two backends are registered under one name, or explain one code differently.',
    remedy: 'Load each backend’s module once, and give a backend of your own a name and codes that no other has.',
  },
  PP_LIMIT_REFUSED: {
    kind: 'error',
    meaning: 'The cluster asks for something that the backend does not do, and the configuration says to refuse.',
    remedy:
      'Follow the remedy of each diagnostic that the message names, choose another backend, or set onUnsupported.',
  },
  PP_PROFILE_INVALID: {
    kind: 'error',
    meaning: 'A text is not the name of a version of the dataplanes that limit tables describe.',
    remedy: 'Give a version of Calico, such as calico-3.19.',
  },
  PP_FEATURE_GATE_UNKNOWN: {
    kind: 'error',
    meaning: 'A feature gate was switched that no backend has.',
    remedy: 'Use one of the names that the message lists; a gate goes when what it guards is proven or given up.',
  },
  PP_AGENT_ALREADY_RUNNING: {
    kind: 'error',
    meaning: 'Another node agent is at work in the same network namespace; two would undo each other’s work.',
    remedy: 'Stop the process that the message names, or run only one agent a node.',
  },
  PP_AGENT_STOPPED: {
    kind: 'error',
    meaning: 'The node agent was stopped before what was waited for came about.',
    remedy: 'Nothing need be done if the stop was intended; else see the agent’s status for its last error.',
  },
  PP_AGENT_OPTIONS_INVALID: {
    kind: 'error',
    meaning: 'An option that a node agent was made with is wrong.',
    remedy: 'Correct what the message names.',
  },
  PP_AGENT_MISUSED: {
    kind: 'error',
    meaning: 'A node agent was started twice, or used in a way that its state does not allow.',
    remedy: 'Make a new node agent for every start.',
  },
  PP_PLAN_STALE: {
    kind: 'error',
    meaning: 'A plan was made from a state that the session has left since.',
    remedy: 'Make the plan again; the reconciler does this by itself.',
  },
  PP_APPLY_FAILED: {
    kind: 'error',
    meaning: 'A backend could not put a plan into force.',
    remedy: 'See the cause; the reconciler retries what can be retried.',
  },
} as const satisfies CodeTable;

/** A row of {@link CORE_CODES}. */
export type CoreErrorCode = keyof typeof CORE_CODES;

/** The error that core throws; `code` is a row of {@link CORE_CODES}. `instanceof` holds for every copy of this package. */
export class CoreError extends CodedError<CoreErrorCode> {
  /** Path of the field that is wrong in the object that the error is about: `spec.ports[0].port`. */
  readonly field?: string;

  constructor(
    code: CoreErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly field?: string | undefined },
  ) {
    super(code, message, options);
    if (options?.field !== undefined) this.field = options.field;
  }
}

shareBetweenCopies(CoreError, 'CoreError');
