/** A session on a real network of namespaces: what is in force, and who then reaches whom. */
import { createTestbed, type HostName, type ProbeRequest, type Testbed } from '@polyplane/conformance';
import { type DesiredObject, type InterfaceName, parseIpAddress, parsePort, TCP, UDP } from '@polyplane/core/backend';
import {
  buildPolicy,
  buildRule,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  nets,
} from '@polyplane/core/testing';
import { IptablesBackend } from '../backend';
import { commandRunner } from '../kernel/linux';
import type { IptablesVariant } from '../kernel/variant';
import type { IptablesOptions } from '../options';
import type { IptablesSession } from '../session';
import { contextOf } from './on-kernel';
import { full } from './transitions';

export const ip = parseIpAddress;
export const WEB = 'pod:default/web';
export const API = 'pod:default/api';
export const FAR = 'pod:default/far';
export const NODE = 'node:n1';
export const CLIENT = 'outside:client';
export const WEB_IP = '10.65.0.2';
export const API_IP = '10.65.0.3';
export const FAR_IP = '10.65.1.2';
export const NODE_IP = '172.18.0.2';
export const CLIENT_IP = '203.0.113.9';
export const VIP = '10.96.0.10';
export const EXTERNAL_IP = '192.0.2.80';
export const WEB_IP6 = 'fd00:65::2';
export const API_IP6 = 'fd00:65::3';
export const FAR_IP6 = 'fd00:65:1::2';
export const NODE_IP6 = 'fd00:18::2';
export const CLIENT_IP6 = '2001:db8::9';
export const VIP6 = 'fd00:96::10';

export const SETTINGS = buildSettings({
  nodeName: 'n1',
  nodeAddresses: [ip(NODE_IP)],
  localDetector: { kind: 'cidrs', cidrs: nets('10.65.0.0/16') },
});

function pod(name: string, node: string, ...addresses: readonly string[]) {
  return { namespace: 'default', name, node, addresses: addresses.map(ip), interfaceName: interfaceOf(name) };
}

export function interfaceOf(name: string): InterfaceName {
  // Short names of letters are interface names.
  return `cali-${name}` as InterfaceName;
}

/** A policy that lets everything through both ways. */
export const OPEN = buildPolicy('open', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });
export const web = buildWorkload('web', WEB_IP, { tiers: [buildTier([OPEN])] });
export const api = buildWorkload('api', API_IP, { tiers: [buildTier([OPEN])] });
export const toWeb = buildServiceEndpoint(WEB_IP, 80, true);
export const toFar = buildServiceEndpoint(FAR_IP, 80, false);

/** Two nodes, the first with two pods under the session's rules, and a client outside. */
export class SessionBed {
  private revision = 0;
  private opened: { readonly testbed: Testbed; readonly session: IptablesSession } | undefined;

  private constructor(private readonly variant: IptablesVariant) {}

  /** A bed for the tests of the suite that is being described: opened before them, closed after. */
  static inSuite(variant: IptablesVariant): SessionBed {
    const bed = new SessionBed(variant);
    before(() => bed.open());
    after(() => bed.close());
    return bed;
  }

  get session(): IptablesSession {
    return this.parts.session;
  }

  /** Another session on the same node. */
  openAnother(options: Partial<IptablesOptions> = {}): Promise<IptablesSession> {
    const { testbed } = this.parts;
    return new IptablesBackend({ ...options, variant: this.variant }).open(contextOf(testbed, 'n1'));
  }

  /** Puts exactly these objects into force, with {@link SETTINGS} unless there are others among them. */
  async update(...objects: readonly DesiredObject[]): Promise<void> {
    this.revision += 1;
    const settings = objects.some(({ type }) => type === 'settings') ? [] : [SETTINGS];
    await this.session.apply(this.session.plan(full(this.revision, [...settings, ...objects])));
  }

  /** The same, and no flow goes on. */
  async enforce(...objects: readonly DesiredObject[]): Promise<void> {
    await this.update(...objects);
    this.forgetConnections();
  }

  forgetConnections(): void {
    this.parts.testbed.forgetConnections();
  }

  /** Who answered whom, or what came instead. */
  async ask(from: HostName, to: string, more: Partial<ProbeRequest> = {}): Promise<string> {
    const [, six, four, port = '80'] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(to) ?? [];
    const address = six ?? four ?? '';
    const [result] = await this.parts.testbed.probe([
      {
        from,
        destination: ip(address),
        destinationPort: parsePort(Number(port)),
        protocol: TCP,
        isAnswerExpected: false,
        ...more,
      },
    ]);
    if (result === undefined) return 'nothing';
    return result.outcome === 'connected' ? `${result.by} saw ${result.seenSource}` : result.outcome;
  }

  async both(from: HostName, to: string): Promise<readonly string[]> {
    return [await this.ask(from, to), await this.ask(from, to, { protocol: UDP })];
  }

  /** Of UDP flows from these ports: who answered each, and at which of its ports; or what came instead. */
  async answers(from: HostName, to: string, sourcePorts: readonly number[]): Promise<readonly string[]> {
    const destination = ip(to.slice(0, to.lastIndexOf(':')).replace(/[[\]]/g, ''));
    const destinationPort = parsePort(Number(to.slice(to.lastIndexOf(':') + 1)));
    const results = await this.parts.testbed.probe(
      sourcePorts.map((port) => ({
        from,
        sourcePort: parsePort(port),
        destination,
        destinationPort,
        protocol: UDP,
        isAnswerExpected: true,
      })),
    );
    return results.map((result) =>
      result.outcome === 'connected' ? `${result.by}:${result.at.port ?? ''}` : result.outcome,
    );
  }

  /** Runs a command on the node. */
  async runOnNode(command: string, ...args: readonly string[]): Promise<void> {
    await commandRunner(this.parts.testbed.networkNamespaceOf('n1'), 10).run(command, args);
  }

  private get parts(): { readonly testbed: Testbed; readonly session: IptablesSession } {
    if (this.opened === undefined) throw new Error('the bed is not open');
    return this.opened;
  }

  private async open(): Promise<void> {
    const testbed = createTestbed({
      nodes: [
        { name: 'n1', addresses: [ip(NODE_IP), ip(NODE_IP6)], routedAddresses: [ip(EXTERNAL_IP)] },
        { name: 'n2', addresses: [ip('172.18.0.3'), ip('fd00:18::3')], routedAddresses: [] },
      ],
      pods: [pod('web', 'n1', WEB_IP, WEB_IP6), pod('api', 'n1', API_IP, API_IP6), pod('far', 'n2', FAR_IP, FAR_IP6)],
      outsiders: [{ name: 'client', addresses: [ip(CLIENT_IP), ip(CLIENT_IP6)] }],
      ports: [TCP, UDP].flatMap((protocol) => [80, 81].map((port) => ({ protocol, port: parsePort(port) }))),
    });
    try {
      const session = await new IptablesBackend({ variant: this.variant }).open(contextOf(testbed, 'n1'));
      this.opened = { testbed, session };
    } catch (error) {
      testbed.close();
      throw error;
    }
  }

  private async close(): Promise<void> {
    try {
      await this.opened?.session.release('remove');
    } finally {
      this.opened?.testbed.close();
    }
  }
}
