/** The limits that objects meet, as lines of a log. */
import type { Logger } from '../backend/logger';
import type { Diagnostic } from '../limits/limit';
import { formatObjectRef } from '../state';

/** Objects that meet one limit at once and are logged one by one; of more, the first few and their number. */
const MOST_LOGGED = 10;

export function logMet(met: readonly Diagnostic[], logger: Logger): void {
  const byCode = new Map<string, Diagnostic[]>();
  for (const diagnostic of met) {
    const ofCode = byCode.get(diagnostic.code) ?? [];
    byCode.set(diagnostic.code, ofCode);
    ofCode.push(diagnostic);
  }
  for (const [code, ofCode] of byCode) {
    for (const diagnostic of ofCode.slice(0, MOST_LOGGED)) {
      const { object, field, file, line, message } = diagnostic;
      const place = file === undefined ? {} : { file, line };
      logger.warn({ code, object, field, ...place }, `${formatDiagnosticPlace(diagnostic)}: ${message}`);
    }
    const more = ofCode.length - MOST_LOGGED;
    if (more > 0) logger.warn({ code, more }, `${more} more objects meet ${code}`);
  }
}

/** `FILE:LINE: Kind namespace/name field`. */
export function formatDiagnosticPlace({ object, field, file, line }: Diagnostic): string {
  const place = file === undefined ? '' : `${file}:${line ?? 1}: `;
  return `${place}${formatObjectRef(object)} ${field}`.trimEnd();
}
