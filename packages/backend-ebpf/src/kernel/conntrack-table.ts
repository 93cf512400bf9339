/** The connections that the programs track: user space forgets those that are over, so that there is room for new ones. */
import { ConntrackEntry } from '../conntrack/conntrack-entry';
import { idleSeconds, SHORTEST_IDLE_SECONDS } from '../conntrack/conntrack-expiry';
import { isBoundStale, isStale, type StaleConnections } from '../conntrack/stale-connections';
import type { BpfMap } from './map';
import { deleteEntries, readEntries } from './map-batch';

const NANOSECONDS = 1_000_000_000n;

export class ConntrackTable {
  /** @param now nanoseconds of the kernel's monotonic clock, the one that the programs write */
  constructor(
    private readonly map: BpfMap,
    /** What sockets of the host were connected to. */
    private readonly bound: BpfMap,
    private readonly now: () => bigint,
  ) {}

  /** Forgets what has been idle for too long; how many entries that were. */
  sweep(): number {
    const expired: Buffer[] = [];
    for (const { key, value } of readEntries(this.map)) {
      const entry = new ConntrackEntry(key, value);
      if (entry.isConnection ? this.isOver(entry) : this.leadsNowhere(entry)) expired.push(key);
    }
    // A packet may have come while the rest was read.
    const still = expired.filter((key) => this.isStillOver(key));
    deleteEntries(this.map, still);
    return still.length;
  }

  /** Forgets connections that a change has left behind: the next packet opens them anew. */
  forget(stale: StaleConnections): void {
    const keys: Buffer[] = [];
    for (const { key, value } of readEntries(this.map)) {
      const entry = new ConntrackEntry(key, value);
      if (entry.isConnection && isStale(entry, stale)) keys.push(key);
    }
    deleteEntries(this.map, keys);
    const bound = [...readEntries(this.bound)].filter(({ key, value }) => isBoundStale(key, value, stale));
    deleteEntries(
      this.bound,
      bound.map(({ key }) => key),
    );
  }

  private isStillOver(key: Buffer): boolean {
    const value = this.map.lookup(key);
    if (value === undefined) return false;
    const entry = new ConntrackEntry(key, value);
    return entry.isConnection ? this.isOver(entry) : this.leadsNowhere(entry);
  }

  private isOver(entry: ConntrackEntry): boolean {
    return this.idleSecondsOf(entry) >= idleSeconds(entry.state);
  }

  /** What is used is not asked after; what is not may still be of a connection on which only answers come. */
  private leadsNowhere(entry: ConntrackEntry): boolean {
    if (this.idleSecondsOf(entry) < SHORTEST_IDLE_SECONDS) return false;
    const value = this.map.lookup(entry.target);
    return value === undefined || this.isOver(new ConntrackEntry(entry.target, value));
  }

  private idleSecondsOf({ lastSeen }: ConntrackEntry): number {
    return Number((this.now() - lastSeen) / NANOSECONDS);
  }
}
