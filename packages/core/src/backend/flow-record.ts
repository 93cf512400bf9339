/** What a dataplane tells of one flow: that it was let through or denied, and by which rule. */
import type { InterfaceName, IpAddress, Origin, Port, Protocol } from '../state';

/** An end of a flow. */
export interface FlowRecordEnd {
  readonly address: IpAddress;
  /** Absent where the protocol has none. */
  readonly port?: Port;
}

/**
 * A flow that policy judged, told when it begins: by the first endpoint that lets it through, and by the one that denies it. A dataplane
 * under load tells a sample.
 */
export interface FlowRecord {
  readonly verdict: 'allow' | 'deny';
  readonly protocol: Protocol;
  readonly source: FlowRecordEnd;
  /** After the translation of services. */
  readonly destination: FlowRecordEnd;
  /** Where it was judged; absent: the interface is gone. */
  readonly interfaceName?: InterfaceName;
  /** The rule that decided, in the user's own object. Absent: none did, but the end of a tier, or a reason that is no policy's. */
  readonly rule?: Origin;
}
