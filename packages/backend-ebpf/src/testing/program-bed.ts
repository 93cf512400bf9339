/** The programs on a node that no packet ever reaches: specs hand them packets (BPF_PROG_TEST_RUN) and look at what comes out. */
import { readFileSync } from 'node:fs';
import { type Cidr, cidrOf, type IpAddress, parseCidr, parseIpAddress, parsePort, TCP } from '@polyplane/core/backend';
import { applyIpBatch, NetworkNamespace } from '@polyplane/linux';
import { type LoadedObject, loadObject } from '../kernel/load-object';
import { readEntries } from '../kernel/map-batch';
import type { BpfProgram, TestRun } from '../kernel/program';
import { firstAddress, prefixBits } from '../layout/address';
import type { ValueOf } from '../layout/field';
import {
  ALLOWED_SOURCE_KEY,
  BACKEND,
  BACKEND_KEY,
  CONFIG,
  CONFIG_FLAG,
  type ConfigValue,
  ENDPOINT,
  ENDPOINT_FLAG,
  ENDPOINT_TO_HOST,
  FRONTEND,
  FRONTEND_FLAG,
  FRONTEND_KEY,
  FRONTEND_KIND,
  LAYOUT_VERSION,
  LOCAL_BACKENDS,
  ROUTE,
  ROUTE_FLAG,
  ROUTE_KEY,
  SOURCE_RANGE_KEY,
} from '../layout/layouts';
import { dataplaneObject, PROGRAM_SLOTS } from '../object/dataplane-object';
import { type ReadPacket, readPacket } from './packet-reader';
import { buildPacket, type PacketSpec } from './packets';
import { loadVerdictProgram, VERDICT } from './verdict-program';

export type Hook = 'from_workload' | 'to_workload' | 'from_network' | 'to_network';
export type InterfaceOfBed = 'web' | 'api' | 'uplink';

/** What a program made of a packet. */
export interface Outcome {
  /** `pass`: whoever is next, then the kernel. `redirect`: sent elsewhere, or back. */
  readonly action: 'pass' | 'drop' | 'redirect' | `action ${number}`;
  readonly packet: ReadPacket;
  readonly bytes: Buffer;
  /** Our bits of the packet's mark. */
  readonly mark: number;
}

/** Bits of a packet's mark (`enum pp_mark`). */
export const MARK = { seen: 0x10000, toWorkload: 0x20000, toNetwork: 0x40000, late: 0x80000 } as const;
const MARK_ALL = 0xf0000;

export const WEB = '10.65.0.2';
export const API = '10.65.0.3';
export const FAR = '10.65.1.2';
export const NODE = '172.18.0.2';
export const PEER = '172.18.0.3';
export const CLIENT = '203.0.113.9';
export const VIP = '10.96.0.10';
export const WEB6 = 'fd00:65::2';
export const API6 = 'fd00:65::3';
export const VIP6 = 'fd00:96::10';

const ACTIONS: ReadonlyMap<number, Outcome['action']> = new Map([
  [0xffffffff, 'pass'],
  [2, 'drop'],
  [7, 'redirect'],
]);
const CONTEXT_BYTES = 192;
const MARK_OFFSET = 8;
const INTERFACE_OFFSET = 40;

/** Slots of pp_policies that every bed has filled. */
export const SLOT = { allow: 1, deny: 2, next: 3, empty: 9 } as const;

type EndpointValue = ValueOf<typeof ENDPOINT>;
type FrontendOptions = Partial<ValueOf<typeof FRONTEND>> & {
  readonly address?: string;
  readonly port?: number;
  readonly protocol?: number;
};

const NO_SLOTS = { egress: 0, ingress: 0, forward_out: 0, forward_in: 0, pre_dnat: 0 };

/** Two workloads, `web` and `api`, an uplink, a pod `far` on another node. All policy allows. */
export class ProgramBed {
  private generation = 0;
  readonly interfaces: Readonly<Record<InterfaceOfBed, number>>;

  private constructor(
    private readonly namespace: NetworkNamespace,
    readonly object: LoadedObject,
    private readonly verdicts: readonly BpfProgram[],
  ) {
    this.interfaces = namespace.run(() => readInterfaces());
  }

  static open(): ProgramBed {
    const namespace = NetworkNamespace.create();
    applyIpBatch(
      namespace,
      ['web', 'api', 'uplink'].flatMap((name) => [
        `link add ${name} address ee:ee:ee:ee:ee:ee type veth peer name ${name}-peer`,
        `link set ${name} up`,
      ]),
    );
    const object = loadObject(dataplaneObject());
    for (const [name, slot] of Object.entries(PROGRAM_SLOTS)) {
      object.map('pp_programs').update(word(slot), word(object.program(name).fd));
    }
    const scratch = object.map('pp_scratch');
    const programs = object.map('pp_programs');
    const verdicts = [VERDICT.allow, VERDICT.deny, VERDICT.next].map((verdict) => {
      const program = loadVerdictProgram(scratch, programs, verdict, verdict * 10);
      object.map('pp_policies').update(word(verdict), word(program.fd));
      return program;
    });
    const bed = new ProgramBed(namespace, object, verdicts);
    bed.reset();
    return bed;
  }

  close(): void {
    for (const program of this.verdicts) program.close();
    this.object.close();
    this.namespace.close();
  }

  /** The maps as a bed begins with them: nothing tracked, no service. */
  reset(): void {
    for (const name of [
      'pp_conntrack',
      'pp_frontends',
      'pp_backends',
      'pp_affinity',
      'pp_source_ranges',
      'pp_fragments',
    ]) {
      const map = this.object.map(name);
      for (const { key } of [...readEntries(map)]) map.delete(key);
    }
    for (const name of ['pp_endpoints', 'pp_routes', 'pp_allowed_sources']) {
      const map = this.object.map(name);
      for (const { key } of [...readEntries(map)]) map.delete(key);
    }
    this.configure({});
    this.workload('web', [WEB, WEB6]);
    this.workload('api', [API, API6]);
    this.route(`${NODE}/32`, { flags: ROUTE_FLAG.host | ROUTE_FLAG.node | ROUTE_FLAG.nodePorts });
    this.route('fd00:18::2/128', { flags: ROUTE_FLAG.host | ROUTE_FLAG.node | ROUTE_FLAG.nodePorts });
    this.route(`${PEER}/32`, { flags: ROUTE_FLAG.node | ROUTE_FLAG.nodePorts });
    this.route('10.65.1.0/24', { flags: ROUTE_FLAG.remote | ROUTE_FLAG.pool, node: parseIpAddress(PEER) });
  }

  configure(changes: Partial<ConfigValue>): void {
    const value: ConfigValue = {
      layout: LAYOUT_VERSION,
      flags: CONFIG_FLAG.forwarding | CONFIG_FLAG.podsByInterface,
      node4: parseIpAddress(NODE),
      node6: parseIpAddress('fd00:18::2'),
      endpoint_to_host: ENDPOINT_TO_HOST.return,
      tunnel_port: 0,
      tunnel_mtu: 0,
      tunnel_id: 0,
      events_per_second: 100,
      netns_cookie: 0n,
      closed: [],
      ...changes,
    };
    this.object.map('pp_config').update(word(0), CONFIG.encode(value));
  }

  workload(name: 'web' | 'api', addresses: readonly string[], slots: Partial<EndpointValue> = {}): void {
    const ifindex = this.interfaces[name];
    this.endpoint(name, { flags: ENDPOINT_FLAG.workload, egress: SLOT.allow, ingress: SLOT.allow, ...slots });
    for (const address of addresses.map(parseIpAddress)) {
      const key = { prefix_length: 32 + 128, ifindex, address };
      this.object.map('pp_allowed_sources').update(ALLOWED_SOURCE_KEY.encode(key), word(1));
      this.route(cidrOf(address), { flags: ROUTE_FLAG.workload | ROUTE_FLAG.pool, ifindex });
    }
  }

  /** A new generation of the interface's endpoint. */
  endpoint(name: InterfaceOfBed, value: Partial<EndpointValue>): void {
    this.generation += 1;
    const generation = this.generation;
    const whole: EndpointValue = { id: 1, flags: 0, ...NO_SLOTS, generation, ...value };
    this.object.map('pp_endpoints').update(word(this.interfaces[name]), ENDPOINT.encode(whole));
  }

  removeEndpoint(name: InterfaceOfBed): void {
    this.object.map('pp_endpoints').delete(word(this.interfaces[name]));
  }

  route(cidr: string, value: Partial<ValueOf<typeof ROUTE>>): void {
    const range = parseCidr(cidr);
    const key = { prefix_length: prefixBits(range), address: firstAddress(range) };
    const whole = { flags: 0, ifindex: 0, node: undefined, ...value };
    this.object.map('pp_routes').update(ROUTE_KEY.encode(key), ROUTE.encode(whole));
  }

  sourceRange(group: number, cidr: string): void {
    const range: Cidr = parseCidr(cidr);
    const key = { prefix_length: 32 + prefixBits(range), group, address: firstAddress(range) };
    this.object.map('pp_source_ranges').update(SOURCE_RANGE_KEY.encode(key), word(1));
  }

  /** Service number 7 unless said otherwise; without an address a node port of IPv4. Endpoints are `address:port`. */
  service(options: FrontendOptions, endpoints: readonly string[], local: readonly string[] = []): void {
    const { address, port = 80, protocol = TCP, service = 7, ...more } = options;
    const kind = address === undefined ? FRONTEND_KIND.nodePort4 : FRONTEND_KIND.address;
    const key = { address: address === undefined ? undefined : parseIpAddress(address), port, protocol, kind };
    for (const [index, endpoint] of endpoints.entries()) this.backend(service, index, endpoint);
    for (const [index, endpoint] of local.entries()) this.backend(service, LOCAL_BACKENDS + index, endpoint);
    const value = {
      service,
      cluster_count: endpoints.length,
      local_count: local.length,
      flags: address === undefined ? FRONTEND_FLAG.external : 0,
      affinity_seconds: 0,
      source_group: service,
      ...more,
    };
    this.object.map('pp_frontends').update(FRONTEND_KEY.encode(key), FRONTEND.encode(value));
  }

  /** What the program at the hook makes of a packet that has this mark. */
  send(hook: Hook, on: InterfaceOfBed, packet: PacketSpec | Buffer, mark = 0): Outcome {
    const run = this.run(hook, on, Buffer.isBuffer(packet) ? packet : buildPacket(packet), mark);
    return {
      action: actionOf(run),
      bytes: run.packet,
      packet: readPacket(run.packet),
      mark: run.context.readUInt32LE(MARK_OFFSET) & MARK_ALL,
    };
  }

  /** What becomes of bytes that need be no packet. */
  act(hook: Hook, on: InterfaceOfBed, bytes: Buffer): string {
    return actionOf(this.run(hook, on, bytes, 0));
  }

  /** The bytes that the program left. */
  bytesOf(hook: Hook, on: InterfaceOfBed, bytes: Buffer): Buffer {
    return this.run(hook, on, bytes, 0).packet;
  }

  /** How often packets met this reason, by its number in `enum pp_counter`. */
  counted(reason: number): number {
    const values = this.object.map('pp_counters').lookup(word(reason)) ?? Buffer.alloc(0);
    let sum = 0;
    for (let at = 0; at < values.length; at += 8) sum += Number(values.readBigUInt64LE(at));
    return sum;
  }

  get trackedEntries(): number {
    return [...readEntries(this.object.map('pp_conntrack'))].length;
  }

  private run(hook: Hook, on: InterfaceOfBed, bytes: Buffer, mark: number): TestRun {
    const context = Buffer.alloc(CONTEXT_BYTES);
    context.writeUInt32LE(mark >>> 0, MARK_OFFSET);
    context.writeUInt32LE(this.interfaces[on], INTERFACE_OFFSET);
    return this.namespace.run(() => this.object.program(`pp_${hook}`).testRun(bytes, { context }));
  }

  private backend(service: number, index: number, endpoint: string): void {
    const colon = endpoint.lastIndexOf(':');
    const value = {
      address: parseIpAddress(endpoint.slice(0, colon).replace(/[[\]]/g, '')) as IpAddress,
      port: parsePort(Number(endpoint.slice(colon + 1))),
      flags: 0,
      pad: 0,
    };
    this.object.map('pp_backends').update(BACKEND_KEY.encode({ service, index }), BACKEND.encode(value));
  }
}

/** Of the calling thread's namespace. */
function readInterfaces(): Readonly<Record<InterfaceOfBed, number>> {
  const indexOf = (name: string): number =>
    Number(readFileSync(`/proc/thread-self/net/dev_snmp6/${name}`, 'latin1').match(/ifIndex\s+(\d+)/)?.[1]);
  return { web: indexOf('web'), api: indexOf('api'), uplink: indexOf('uplink') };
}

function actionOf({ result }: TestRun): Outcome['action'] {
  return ACTIONS.get(result) ?? `action ${result}`;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
