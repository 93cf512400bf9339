/** Logging: the interface that every part is given, its injection token, and a logger that is silent. */
import type { ServiceIdentifier } from 'inversify';

/** The logger that every part is given; pino's logger fits it. */
export interface Logger {
  /** Of use to developers alone. */
  debug(fields: object, message: string): void;
  /** What happens in the normal course. */
  info(fields: object, message: string): void;
  /** Something is not as it was asked for; the rest goes on. */
  warn(fields: object, message: string): void;
  /** Something failed that should not fail. */
  error(fields: object, message: string): void;
}

/** The injection token of the logger. */
export const Logger: ServiceIdentifier<Logger> = Symbol.for('polyplane.Logger');

/** A logger that says nothing. */
export const SILENT_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
