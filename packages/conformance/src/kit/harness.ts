/** What the kit needs of a backend's author: where to open the backend, and how to look at what it did. */
import type { DataplaneBackend, NodeContext } from '@polyplane/core';
import type { ProbeRequest, ProbeResult } from '../prober/probe';

/** What became of a packet. */
export type ProbeOutcome = ProbeResult['outcome'];

/** A target with the scenario's machines, on which nothing of the backend is in force yet. */
export interface BackendHarness {
  readonly backend: DataplaneBackend;
  readonly node: NodeContext;
  /** Whether packets pass now: sent for real, or judged in memory by what is in force at the target. */
  observe(packets: readonly ProbeRequest[]): Promise<readonly ProbeOutcome[]>;
  /**
   * Everything that the backend has made at the target, read back from it; sorted, and without what differs between
   * equal states (counters, handles). Empty: no trace.
   */
  readTraces(): Promise<readonly string[]>;
  /** Breaks something in force behind the session's back. Absent: nobody else can reach the target. */
  disturb?(): Promise<void>;
  /** Removes the target. */
  close(): Promise<void>;
}
