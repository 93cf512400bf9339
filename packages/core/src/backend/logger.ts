/** Logging: the interface that every part is given, its injection token, and a logger that is silent. */
import type { ServiceIdentifier } from 'inversify';

/** The logger that every part is given; pino's logger fits it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const Logger: ServiceIdentifier<Logger> = Symbol.for('polyplane.Logger');

/** A logger that says nothing. */
export const SILENT_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
