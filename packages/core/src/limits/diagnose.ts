/** What to say of a limit that an object meets. */
import type { FeatureUse } from './feature-use';
import type { Diagnostic, Limit } from './limit';
import { severityOf } from './severity';

/** The diagnostic of a use of the limit's feature, without the place in the user's files. */
export function diagnose(limit: Limit, { feature, object, field, withoutLoss }: FeatureUse): Diagnostic {
  const { code, support, message, remedy, source } = limit;
  const effect = withoutLoss === undefined ? limit.effect : 'none';
  return {
    code,
    severity: severityOf({ support, effect }),
    feature,
    object,
    field,
    effect,
    message: withoutLoss === undefined ? message : `${message} ${withoutLoss}`,
    remedy,
    source,
  };
}
