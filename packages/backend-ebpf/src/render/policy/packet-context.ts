/** What policy programs read of a packet and write of their verdict: `struct pp_packet`, which begins the scratch of each processor. */

/** Offsets in bytes. */
export const PACKET = {
  source: 0,
  destination: 16,
  destinationBeforeDnat: 32,
  sourcePort: 48,
  destinationPort: 50,
  destinationPortBeforeDnat: 52,
  protocol: 54,
  family: 55,
  /** Type, code and {@link PACKET.flags}, one after the other: 32 bits. */
  icmp: 56,
  flags: 58,
  verdict: 64,
  resume: 68,
  rule: 72,
  length: 80,
  /** Memory of the policy programs' own: four keys of the IP sets, 32 bytes each. */
  keys: 88,
} as const;

/** Bits of {@link PACKET.flags}. */
export const PACKET_FLAG = { hasPorts: 1 << 0, isIcmp: 1 << 1 } as const;

/** `next`: nothing decided. */
export const VERDICT = { allow: 1, deny: 2, next: 3 } as const;

/** Maps by the names that the C programs give them. */
export const POLICY_MAPS = {
  scratch: 'pp_scratch',
  programs: 'pp_programs',
  policies: 'pp_policies',
  ipSets: 'pp_ip_sets',
  ruleCounters: 'pp_rule_counters',
} as const;

/** Offsets in `struct pp_rule_counter`. */
export const RULE_COUNTER = { packets: 0, bytes: 8 } as const;

/** Where one of a packet's two ends stands. */
export interface PacketEnd {
  readonly address: number;
  readonly port: number;
  /** Keys by which the end is looked up in sets of ranges, and of addresses with ports. */
  readonly netKey: number;
  readonly addressPortKey: number;
}

export const SOURCE: PacketEnd = {
  address: PACKET.source,
  port: PACKET.sourcePort,
  netKey: PACKET.keys,
  addressPortKey: PACKET.keys + 32,
};
export const DESTINATION: PacketEnd = {
  address: PACKET.destination,
  port: PACKET.destinationPort,
  netKey: PACKET.keys + 64,
  addressPortKey: PACKET.keys + 96,
};
export const DESTINATION_BEFORE_DNAT: PacketEnd = {
  ...DESTINATION,
  address: PACKET.destinationBeforeDnat,
  port: PACKET.destinationPortBeforeDnat,
};
