/** The types of messages that a client speaks: what each request takes and gives. */
import type { FieldValues } from './codec';

/** Requests, streams and events by their names. Without `client_index` and `context`, which the client fills in. */
export interface MessageTypes {
  readonly requests: Readonly<Record<string, { readonly request: unknown; readonly reply: unknown }>>;
  /** Answered by any number of details. */
  readonly streams: Readonly<Record<string, { readonly request: unknown; readonly details: unknown }>>;
  readonly events: Readonly<Record<string, unknown>>;
}

/** Whatever a definition holds: names and fields are checked when a message is sent. */
export interface AnyMessages extends MessageTypes {
  readonly requests: Readonly<Record<string, { readonly request: FieldValues; readonly reply: FieldValues }>>;
  readonly streams: Readonly<Record<string, { readonly request: FieldValues; readonly details: FieldValues }>>;
  readonly events: Readonly<Record<string, FieldValues>>;
}
