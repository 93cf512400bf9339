/** The answer of `check` in the form that scripts rely on. */
import type { BehaviourChange, CheckReport, Finding, ObjectRef, OtherJudgement } from '@polyplane/core';
import type { JudgedBy } from './judged-by';

/** An object as the command's users name it. `namespace` is absent for cluster-scoped objects. */
export interface NamedObject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export type FindingData = Omit<Finding, 'object'> & { readonly object: NamedObject };
export type ChangeData = Omit<BehaviourChange, 'object'> & { readonly object: NamedObject };

export interface CheckData {
  readonly judgedBy: JudgedBy;
  readonly backends: readonly {
    readonly name: string;
    readonly verdict: CheckReport['backends'][number]['verdict'];
    readonly findings: readonly FindingData[];
  }[];
  readonly behaviourChanges: readonly ChangeData[];
  /** Where another profile would judge otherwise. */
  readonly otherProfiles: readonly OtherJudgement[];
}

/** Keys in a fixed order, so that two reports can be compared as texts. */
export function checkData(report: CheckReport, { version, date }: Omit<JudgedBy, 'profile'>): CheckData {
  return {
    judgedBy: { profile: report.profile, version, date },
    backends: report.backends.map(({ name, verdict, findings }) => ({
      name,
      verdict,
      findings: findings.map(findingData),
    })),
    behaviourChanges: report.behaviourChanges.map(({ code, from, to, object, message, remedy }) => ({
      code,
      from,
      to,
      object: namedObject(object),
      message,
      remedy,
    })),
    otherProfiles: report.otherProfiles.map(({ backend, profile, until, verdict, added, dropped }) => ({
      backend,
      profile,
      ...(until !== undefined && { until }),
      verdict,
      added,
      dropped,
    })),
  };
}

/** A finding, or a diagnostic of a running agent. */
export function findingData(finding: Finding): FindingData {
  const { code, severity, feature, object, field, file, line, effect, isDenied, message, remedy, source } = finding;
  return {
    code,
    severity,
    feature,
    object: namedObject(object),
    field,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    effect,
    ...(isDenied && { isDenied }),
    message,
    remedy,
    source,
  };
}

function namedObject({ kind, namespace, name }: ObjectRef): NamedObject {
  return { kind, ...(namespace !== undefined && { namespace }), name };
}
