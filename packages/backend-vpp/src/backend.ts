/** The VPP backend: its limits, its behaviours, and what it finds on a host. */
import type { DataplaneBackend, DataplaneSession, MissingFact, NodeContext, NodeFacts } from '@polyplane/core/backend';
import { type ApiSocketState, readApiSocket } from './api-socket';
import { VPP_BEHAVIOURS } from './behaviours';
import { VPP_LIMITS } from './limits';
import type { VppOptions } from './options';
import { VPP_CODES, VppError } from './vpp-error';

/** Can be checked against and probed; {@link open} always rejects, since this version does not program VPP. */
export class VppBackend implements DataplaneBackend {
  readonly name = 'vpp';
  readonly limits = VPP_LIMITS;
  readonly behaviours = VPP_BEHAVIOURS;
  readonly codes = VPP_CODES;
  readonly claim = 'networkNamespace';
  readonly #apiSocket: string;

  constructor(options: VppOptions = {}) {
    this.#apiSocket = options.apiSocket ?? '/run/vpp/api.sock';
  }

  async probe(_node: NodeContext): Promise<NodeFacts> {
    const state = await readApiSocket(this.#apiSocket);
    const facts = { apiSocket: this.#apiSocket, apiSocketState: state };
    return { backend: this.name, facts, missing: [...this.#missingIn(state), NO_DATAPLANE] };
  }

  /** @throws VppError PP_VPP_UNUSABLE, not retriable */
  async open(node: NodeContext): Promise<DataplaneSession> {
    const { missing } = await this.probe(node);
    const list = missing.map(({ what }) => what).join('; ');
    throw new VppError('PP_VPP_UNUSABLE', `the VPP dataplane cannot be opened: ${list}`, { isRetriable: false });
  }

  #missingIn(state: ApiSocketState): readonly MissingFact[] {
    if (state === 'listening') return [];
    return [
      {
        what: `${SAYING[state]} ${this.#apiSocket}`,
        remedy: 'Start VPP, or set apiSocket to the path of its API socket.',
      },
    ];
  }
}

const NO_DATAPLANE: MissingFact = {
  what: 'this version of the backend does not program VPP',
  remedy: 'Choose the iptables backend.',
};

const SAYING: Readonly<Record<Exclude<ApiSocketState, 'listening'>, string>> = {
  absent: 'there is no API socket',
  notASocket: 'no socket, but something else is',
  silent: 'nobody listens on the API socket',
};
