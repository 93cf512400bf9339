/** The eBPF backend: its limits, its behaviours, what it finds on a host, and its sessions. */
import { asyncScheduler } from 'rxjs';
import {
  type DataplaneBackend,
  DesiredStateStore,
  type Inspection,
  type MissingFact,
  type NodeContext,
  type NodeFacts,
  type Transition,
} from '@polyplane/core/backend';
import { NetworkNamespace } from '@polyplane/linux';
import { EBPF_BEHAVIOURS } from './behaviours';
import { staleConnections } from './conntrack/stale-connections';
import { EBPF_CODES, EbpfError } from './ebpf-error';
import { inspectInstance } from './inspect';
import { instanceFolder, mountBpfFileSystem } from './kernel/bpf-file-system';
import { ConntrackTable } from './kernel/conntrack-table';
import { firstGeneration, KernelDataplane } from './kernel/dataplane';
import { FlowEvents } from './kernel/flow-events';
import { type HostPaths, readHostFacts } from './kernel/host-facts';
import { readHostInterfaces, watchHostInterfaces } from './kernel/host-interfaces';
import { Instance } from './kernel/instance';
import { FeatureAnswers } from './kernel/kernel-feature';
import { missingOfHost, missingOfKernel } from './kernel/missing-facts';
import { namespaceCookie } from './kernel/namespace-cookie';
import { EBPF_LIMITS } from './limits';
import { checkOptions, type EbpfOptions } from './options';
import { type EbpfPlan, printStep } from './plan';
import { expectedInterfaces } from './render/expected-interfaces';
import { NodeRenderer } from './render/node-renderer';
import { EbpfSession } from './session';

/** Whether the dataplane is opened follows from `isUnfinished`: what it does not do yet is no limit that anybody was told of. */
export class EbpfBackend implements DataplaneBackend {
  readonly name = 'ebpf';
  readonly limits = EBPF_LIMITS;
  readonly behaviours = EBPF_BEHAVIOURS;
  readonly codes = EBPF_CODES;
  readonly claim = 'networkNamespace';
  private readonly options: EbpfOptions;
  private readonly answers = new FeatureAnswers();

  /** @throws EbpfError PP_EBPF_OPTION_INVALID */
  constructor(
    options: Partial<EbpfOptions> = {},
    private readonly paths: HostPaths = { root: '/', architecture: process.arch },
  ) {
    this.options = checkOptions(options);
  }

  async probe(_node: NodeContext): Promise<NodeFacts> {
    const facts = await readHostFacts(this.paths);
    const missing = missingOfHost(facts);
    // Where there is no system call nothing can be asked.
    const ofKernel = missing.length > 0 ? [] : missingOfKernel(this.answers);
    const unfinished = this.options.isUnfinished ? [] : [UNFINISHED];
    return { backend: this.name, facts: { ...facts }, missing: [...missing, ...ofKernel, ...unfinished] };
  }

  /** @throws EbpfError PP_EBPF_UNUSABLE, not retriable */
  async open(node: NodeContext): Promise<EbpfSession> {
    const { missing } = await this.probe(node);
    if (missing.length > 0) {
      const list = missing.map(({ what }) => what).join('; ');
      throw new EbpfError('PP_EBPF_UNUSABLE', `the eBPF dataplane cannot be opened: ${list}`, { isRetriable: false });
    }
    return this.openSession(node);
  }

  /** What is pinned in the namespace tells it, whether a session is there or not. */
  async inspect({ networkNamespace }: NodeContext, transition?: Transition): Promise<Inspection> {
    const namespace = openNamespace(networkNamespace);
    try {
      const interfaces = readHostInterfaces(namespace);
      const wanted = transition === undefined ? undefined : { transition, renderer: this.renderer(namespace) };
      return inspectInstance(this.folderOf(namespace), namespace, interfaces, wanted);
    } finally {
      namespace.close();
    }
  }

  /** Of a host that has an interface for each workload, and for each host endpoint that names one, and no other. */
  render(transition: Transition): EbpfPlan {
    const state = new DesiredStateStore();
    state.apply(transition);
    const interfaces = expectedInterfaces(state);
    const step = this.renderer().stepTo(new DesiredStateStore(), state, transition, interfaces);
    return {
      revision: transition.revision,
      isEmpty: step.entries.changes.writes.length === 0 && step.endpoints.size === 0,
      print: () => printStep(step, interfaces),
      basis: Symbol('no session'),
      state,
      step,
      stale: staleConnections(state, state, []),
    };
  }

  async removeTraces({ networkNamespace }: NodeContext): Promise<void> {
    const namespace = openNamespace(networkNamespace);
    try {
      Instance.remove(this.folderOf(namespace), namespace);
    } finally {
      namespace.close();
    }
  }

  forgetConnections({ networkNamespace }: NodeContext): void {
    const namespace = openNamespace(networkNamespace);
    try {
      Instance.forgetConnections(this.folderOf(namespace));
    } finally {
      namespace.close();
    }
  }

  private async openSession(node: NodeContext): Promise<EbpfSession> {
    const namespace = openNamespace(node.networkNamespace);
    const folder = this.folderOf(namespace);
    const { balancesAtConnect } = this.options;
    let instance: Instance | undefined;
    let flows: FlowEvents | undefined;
    return new EbpfSession(
      {
        renderer: this.renderer(namespace),
        logger: node.logger,
        openDataplane: async () => {
          await mountBpfFileSystem(this.options.bpfFileSystem);
          const isNew = !Instance.isThere(folder);
          const sizes = new Map([['pp_conntrack', this.options.conntrackEntries]]);
          instance = Instance.load(folder, namespace, sizes);
          return {
            dataplane: new KernelDataplane(instance, firstGeneration(instance, Date.now()), isNew, balancesAtConnect),
            conntrack: new ConntrackTable(instance.map('pp_conntrack'), instance.map('pp_bound'), () =>
              process.hrtime.bigint(),
            ),
          };
        },
        readInterfaces: () => readHostInterfaces(namespace),
        watchInterfaces: (onChange) => watchHostInterfaces(namespace, onChange),
        removeTraces: async () => {
          Instance.remove(folder, namespace);
          namespace.close();
        },
        followFlows: (onEvent) => {
          if (this.options.eventsPerSecond === 0 || instance === undefined) return;
          flows = new FlowEvents(instance.map('pp_events'), asyncScheduler, onEvent);
        },
        close: () => {
          flows?.close();
          instance?.close();
        },
        every: (seconds, action) => {
          // It keeps no process alive.
          const timer = setInterval(action, seconds * 1000).unref();
          return () => clearInterval(timer);
        },
      },
      readHostInterfaces(namespace),
    );
  }

  /** Without a namespace it is nobody's sockets that are balanced. */
  private renderer(namespace?: NetworkNamespace): NodeRenderer {
    const { isDirectServerReturn, eventsPerSecond, balancesAtConnect, tunnelPort, tunnelMtu } = this.options;
    const cookie = balancesAtConnect && namespace !== undefined ? namespaceCookie(namespace) : 0n;
    const tunnel = tunnelPort === 0 ? {} : { tunnel: { port: tunnelPort, mtu: tunnelMtu, id: TUNNEL_ID } };
    return new NodeRenderer({
      isDirectServerReturn,
      eventsPerSecond,
      namespaceCookie: cookie,
      tracksHost: true,
      ...tunnel,
    });
  }

  private folderOf(namespace: NetworkNamespace): string {
    return instanceFolder(this.options.bpfFileSystem, namespace.path);
  }
}

/** What tells our packets from those of other tunnels at the same port. */
const TUNNEL_ID = 0x70_70;

const UNFINISHED: MissingFact = {
  what: 'this version of the backend holds no eBPF programs that do all that its limits promise',
  remedy: 'Choose the iptables backend.',
};

function openNamespace(path: string | undefined): NetworkNamespace {
  return path === undefined ? NetworkNamespace.current() : NetworkNamespace.open(path);
}
