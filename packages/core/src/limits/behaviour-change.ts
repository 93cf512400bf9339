/** What a change of backend changes for an object, where nothing is missing: the finding and its codes. */
import type { CodeTable } from '../errors';
import type { ObjectRef } from '../state';

/** One object's change. `from` and `to` are names of backends. */
export interface BehaviourChange {
  readonly code: string;
  readonly from: string;
  readonly to: string;
  readonly object: ObjectRef;
  readonly message: string;
  /** What to do about it before the switch. */
  readonly remedy: string;
}

/** A change before it is said what to do about it: that is its code's. */
export type ChangeOfObject = Omit<BehaviourChange, 'remedy'>;

/** The codes of changes; those of connections are the codes of the backends' own limits, where they have one. */
export const CHANGE_CODES = {
  PP_CHANGE_POLICY_SOURCE: {
    kind: 'diagnostic',
    meaning:
      'A policy judges outside clients, or pods that dial a service by a node’s or an external address, by their own addresses on one backend and by a node’s address on the other.',
    remedy: 'Allow what must come in by the addresses that the new backend shows, before the switch.',
  },
  PP_CHANGE_SERVICE_SOURCE: {
    kind: 'diagnostic',
    meaning: 'The pods of a service begin or cease to see the addresses of outside clients.',
    remedy: 'Check what the pods do with client addresses: access lists, rate limits, logs.',
  },
  PP_CHANGE_SERVICE_NODE_PORT: {
    kind: 'diagnostic',
    meaning:
      'A node port is answered by any node that sees the packet on one backend, by the addressed node only on the other.',
    remedy: 'Let clients dial addresses of nodes.',
  },
  PP_CHANGE_SERVICE_BALANCING: {
    kind: 'diagnostic',
    meaning: 'A service’s connections are spread over its endpoints by another algorithm.',
    remedy: 'Nothing need be done unless something relies on how connections are spread.',
  },
  PP_CHANGE_SERVICE_AFFINITY: {
    kind: 'diagnostic',
    meaning: 'A service’s client affinity holds on one backend only.',
    remedy:
      'Keep sessions in the application or in a proxy in front of it before switching to a backend without affinity.',
  },
  PP_CHANGE_SERVICE_RETURN: {
    kind: 'diagnostic',
    meaning:
      'Answers to outside clients take another way: straight from the endpoint’s node, or back through the node that was dialled.',
    remedy: 'Check that firewalls and the network between let answers pass from every node.',
  },
  PP_CHANGE_CONNECTIONS: {
    kind: 'diagnostic',
    meaning:
      'Connections through services do not survive the switch: what translates them stays behind with the old dataplane.',
    remedy: 'Drain the node before the switch, or plan for clients that connect again.',
  },
} as const satisfies CodeTable;
