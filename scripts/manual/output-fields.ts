/** What commands print for scripts, field by field. The compiler sees to it that no field is missing and none is made up. */
import type { SuitesReport } from '@polyplane/conformance';
import type { CodeEntry } from '@polyplane/core';
import type { AgentStatus } from '../../packages/cli/src/agent-status';
import type { ChangeData, CheckData, FindingData, NamedObject } from '../../packages/cli/src/check/report-data';
import type { CleanUp, TracedPart } from '../../packages/cli/src/clean-up';
import type { ReportedNearestRule, ReportedStep, TraceReport } from '../../packages/cli/src/trace-report';

/** The meaning of each field of T; of objects and lists of objects, also of what is in them. */
export type FieldMeanings<T> = { readonly [Field in keyof T]-?: FieldMeaning<NonNullable<T[Field]>> };

type FieldMeaning<Value> = Value extends readonly (infer Element)[]
  ? Element extends object
    ? { readonly list: string; readonly fields: FieldMeanings<Element> }
    : string
  : Value extends object
    ? { readonly object: string; readonly fields: FieldMeanings<Value> }
    : string;

const NAMED_OBJECT: FieldMeanings<NamedObject> = {
  kind: 'its kind',
  namespace: 'its namespace; absent where it has none',
  name: 'its name',
};

const FINDING: FieldMeanings<FindingData> = {
  code: 'stable code; `polyplane codes` explains it',
  severity: '`error`: what the object asks for is not done; `warning`: it is done less well; `info`: nothing is lost',
  feature: 'what the backend does not do',
  object: { object: 'the user’s own object that asks for it', fields: NAMED_OBJECT },
  field: 'path in that object, such as `spec.ingress[2].protocol`; empty: the object as a whole',
  file: 'the file that the object stands in; absent where it came from none',
  line: 'the field’s line in that file',
  effect:
    'what becomes of the object: `objectIgnored`, `ruleIgnored`, `degraded`, `refuseToStart`, `warn`, `disruptive` or `none`',
  isDenied: 'true where a running agent denies what the object would have judged; a check never says so',
  message: 'what is not done, for people',
  remedy: 'what to do about it',
  source: 'where the limit is stated',
};

const CHANGE: FieldMeanings<ChangeData> = {
  code: 'stable code; `polyplane codes` explains it',
  from: 'the backend before',
  to: 'the backend after',
  object: { object: 'the object that is treated otherwise', fields: NAMED_OBJECT },
  message: 'what changes, for people',
  remedy: 'what to do about it before the switch',
};

export const CHECK_FIELDS: FieldMeanings<CheckData> = {
  judgedBy: {
    object: 'what the answer rests on',
    fields: {
      profile: 'the version of the dataplanes whose limits count',
      version: 'of polyplane',
      date: 'when it was judged, ISO 8601 in UTC; `SOURCE_DATE_EPOCH` goes before the clock',
    },
  },
  backends: {
    list: 'every backend that was checked',
    fields: {
      name: 'its name',
      verdict: '`supported`, `degraded` (a warning is the worst finding) or `unsupported` (there is an error)',
      findings: { list: 'limits that objects of the cluster meet, the most severe first', fields: FINDING },
    },
  },
  behaviourChanges: { list: 'what the switch changes; empty without `--from` and `--to`', fields: CHANGE },
  otherProfiles: {
    list: 'where another profile would judge otherwise',
    fields: {
      backend: 'the backend that it judges',
      profile: 'the first version that judges so',
      until: 'the first version after it that no longer does; absent: all later ones do',
      verdict: 'as in `backends`',
      added: 'codes of limits that are met by that profile only',
      dropped: 'codes of limits that are met by the chosen profile only',
    },
  },
};

/** Of the union: each field is there for some outcomes. */
type CleanUpFields = { readonly backends: readonly FlatCleanUp[] };
type FlatCleanUp = Pick<CleanUp, 'backend' | 'outcome'> & {
  readonly parts?: readonly TracedPart[];
  readonly code?: string;
  readonly message?: string;
};

export const CLEANUP_FIELDS: FieldMeanings<CleanUpFields> = {
  backends: {
    list: 'every backend that was asked for',
    fields: {
      backend: 'its name',
      outcome:
        '`removed`, `wouldBeRemoved` (with `--dry-run`), `nothing` (there was no trace), `notHere` (it cannot run on this host) or `failed`',
      parts: {
        list: 'what was there; absent where the backend does not say, or nothing was',
        fields: { name: 'a table, all sets or the like, in the backend’s own terms', lines: 'how many lines of it' },
      },
      code: 'of `notHere` and `failed`: stable code of the reason',
      message: 'of `notHere` and `failed`: the reason, for people',
    },
  },
};

const STEP_OBJECT = { kind: 'its kind', namespace: 'its namespace, or null', name: 'its name' };

const STEP: FieldMeanings<ReportedStep> = {
  stage: 'the stage that the packet met, such as `service` or `ingressPolicy`',
  object: {
    object: 'whose rule it is; null where a built-in rule decided, or none did',
    fields: STEP_OBJECT,
  },
  rule: 'path of the rule in that object, or null',
  outcome: 'what the stage did',
  node: 'the node whose stage it is',
  file: 'the file that the rule stands in; absent where it came from none',
  line: 'the rule’s line in that file',
  action: 'of a rule that did not match: what it would have done',
  unmet: 'of a rule that did not match: the conditions that the packet fails',
  destination: 'the endpoint that the stage is about; only where a service has several to choose from',
};

const NEAREST_RULE: FieldMeanings<ReportedNearestRule> = {
  ...STEP,
  outcome: '`noMatch`, or `notAsked` for a rule behind something that decides before it',
  action: '`allow`, or `pass`: to a later tier or profile that lets the packet through',
  unmet: 'the rule’s conditions that the packet fails',
  behind: {
    list: 'what decides before the rule is asked',
    fields: {
      action: '`deny` or `pass`',
      object: { object: 'whose rule or tier’s end it is, or null', fields: STEP_OBJECT },
      rule: 'path of the rule in that object, or the name of what denies without one',
      file: 'the file that it stands in; absent where it came from none',
      line: 'its line in that file',
    },
  },
};

export const TRACE_FIELDS: FieldMeanings<TraceReport> = {
  verdict: '`allow`, `deny` (a policy says so, without an answer), `reject` (refused at once) or `drop`',
  translation: {
    object: 'what service translation does to the packet',
    fields: {
      destination: '`ip:port` of each endpoint that may be chosen; empty where no service translates',
      snat: 'whether the endpoint sees a node’s address in place of the sender’s; a text where it depends on the endpoint',
      dsr: 'whether answers go straight from the endpoint’s node to the client',
    },
  },
  steps: { list: 'every stage and rule that was asked, in order', fields: STEP },
  nearestRules: {
    list: 'for each denial by policy that a rule could have prevented, the rule that came nearest to it',
    fields: NEAREST_RULE,
  },
  isolations: { list: 'for each denial by a tier’s end that no rule could have prevented, that step', fields: STEP },
};

export const TEST_FIELDS: FieldMeanings<SuitesReport> = {
  suites: {
    list: 'every suite, in the order in which they ran',
    fields: {
      id: 'its name',
      backend: 'what was judged',
      probes: {
        list: 'its packets',
        fields: {
          name: 'what the suite calls the probe',
          result: '`pass`, `fail` or `skip`',
          expected: 'what the suite expects',
          got: 'what happened; empty where nothing was sent',
          reason: 'why it failed or was skipped, a code first; empty where it passed',
        },
      },
    },
  },
  passed: 'probes that passed, of all suites',
  failed: 'probes that failed',
  skipped: 'probes that were skipped',
};

export const STATUS_FIELDS: FieldMeanings<AgentStatus> = {
  node: 'the node’s name',
  backend: 'the backend’s name; null until it is chosen',
  profile: 'the version of the dataplanes whose limits count',
  featureGates: { object: 'the backend’s feature gates, by name', fields: { NAME: 'true: it is on' } },
  phase:
    '`opening`, `failed` or `stopped`; while the agent runs, what its reconciler does: `idle` when all that is wanted is in force',
  isReady: 'whether a complete desired state has been put in force and the dataplane is there',
  wantedRevision: 'the newest desired state',
  appliedRevision: 'the one in force',
  pendingObjects: 'objects that wait to be put in force',
  failure: {
    object: 'what is failing now, or null',
    fields: {
      operation: '`open`, `apply`, `audit` or `release`',
      code: 'stable code; `polyplane codes` explains it',
      message: 'what went wrong, for people',
      since: 'since when, in ISO 8601; null where it was not recorded',
      failures: 'failures in a row',
    },
  },
  lastAudit: {
    object: 'the newest comparison of what is in force with what is wanted, or null',
    fields: { at: 'when, in ISO 8601', repaired: 'each difference that was found and repaired, for people' },
  },
  quarantined: {
    list: 'objects that the backend refused; everything else is in force',
    fields: { key: 'which object', code: 'stable code of the refusal', message: 'why, for people' },
  },
  problems: {
    list: 'what the source gave and could not be used',
    fields: {
      code: 'stable code',
      message: 'what is wrong, for people',
      file: 'its file, or null',
      line: 'its line, or null',
    },
  },
  diagnostics: {
    list: 'what the backend does not do of what the cluster asks for, as `polyplane check` tells it',
    fields: FINDING,
  },
};

export const CODE_FIELDS: FieldMeanings<CodeEntry> = {
  code: 'the code',
  kind: '`error` or `diagnostic`',
  meaning: 'what happened',
  remedy: 'what to do about it',
};
