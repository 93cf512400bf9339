/** The form of a suite file, as users write it. */
import { z } from 'zod';

const text = z.string().min(1);
const port = z.int().min(1).max(65535);
/** 0: a packet of a protocol with ports that has none. */
const destinationPort = z.union([z.int().min(0).max(65535), text]);
const protocol = z.union([text, z.int().min(0).max(255)]);
const icmp = z.strictObject({ type: z.int().min(0).max(255), code: z.int().min(0).max(255).optional() });

const sender = z
  .strictObject({
    pod: text.optional(),
    host: text.optional(),
    ip: text.optional(),
    port: port.optional(),
    kind: z.enum(['pod', 'node', 'localhost', 'external']).optional(),
    spoofed: z.boolean().optional(),
  })
  .refine((from) => from.pod !== undefined || from.host !== undefined || from.ip !== undefined, {
    error: 'needs one of pod, host and ip',
  });

const destination = z
  .strictObject({
    pod: text.optional(),
    host: text.optional(),
    ip: text.optional(),
    port: destinationPort.optional(),
    protocol: protocol.default('TCP'),
    icmp: icmp.optional(),
  })
  .refine((to) => to.pod !== undefined || to.ip !== undefined, { error: 'needs pod or ip' });

const expectation = z
  .strictObject({
    verdict: z.enum(['allow', 'deny', 'reject']).optional(),
    untouched: z.boolean().optional(),
    accept: z.literal('explicit').optional(),
    dnatTo: z.array(text).optional(),
    snat: z.boolean().optional(),
    affinity: z.strictObject({ type: z.literal('ClientIP'), timeoutSeconds: z.int().positive() }).optional(),
    replyBlocked: z.boolean().optional(),
    tiers: z.record(text, z.enum(['allow', 'deny', 'pass', 'unmatched'])).optional(),
  })
  .refine((expect) => Object.keys(expect).length > 0, { error: 'expects nothing' });

const probe = z.strictObject({
  name: text.optional(),
  note: z.string().optional(),
  from: sender,
  to: destination,
  expect: expectation,
});

const matrix = z.strictObject({
  port: z.union([port, text]),
  protocol: protocol.default('TCP'),
  /** One text with spaces between, or a list. */
  columns: z.union([text, z.array(text).min(1)]),
  rows: z.record(text, text),
});

const addressAndPort = text.regex(/^(\[[0-9a-fA-F:.]+\]|[0-9.]+):\d{1,5}$/, { error: 'is not ADDRESS:PORT' });

const settings = z.strictObject({
  clusterCIDR: text.nullish(),
  localDetector: z.enum(['clusterCIDR', 'none']).optional(),
  masqueradeAll: z.boolean().optional(),
  nodePortAddresses: z.array(text).nullish(),
  localhostNodePorts: z.boolean().optional(),
  nodeLocalAddresses: z.array(text).optional(),
  ipFamily: z.enum(['IPv4', 'IPv6']).optional(),
  featureGates: z.record(text, z.boolean()).optional(),
  conntrackTCPBeLiberal: z.boolean().optional(),
  serviceCIDRs: z.union([text, z.array(text)]).nullish(),
  podRoutes: z.record(text, text).optional(),
  dnat: z
    .array(z.strictObject({ from: addressAndPort, to: addressAndPort, protocol: protocol.default('TCP') }))
    .optional(),
  hostInputPolicy: z.enum(['ACCEPT', 'DROP']).optional(),
  dataplane: text.optional(),
});

/** What both the whole suite and one of its two states can have. */
const state = {
  manifests: z.array(z.unknown()).optional(),
  files: z.array(text).optional(),
  settings: settings.optional(),
  probes: z.array(probe).optional(),
  matrices: z.array(matrix).optional(),
  facts: z.record(text, z.unknown()).optional(),
  endpoints: z.record(text, z.array(text)).optional(),
  localReadyEndpoints: z.record(text, z.int()).optional(),
  udpConntrackCleanup: z.boolean().optional(),
};

const stateFile = z.strictObject(state);

export const suiteFileSchema = z
  .strictObject({
    id: z.string().regex(/^[^\s/]+$/, { error: 'is a name without spaces' }),
    title: z.string().optional(),
    suite: text.optional(),
    note: z.string().optional(),
    source: z.record(text, z.unknown()).optional(),
    node: z.union([text, z.array(text).min(1)]).optional(),
    ...state,
    before: stateFile.optional(),
    after: stateFile.optional(),
  })
  .refine((suite) => [suite, suite.before, suite.after].some((part) => part !== undefined && saysSomething(part)), {
    error: 'has neither probes nor matrices nor facts: it would prove nothing',
  });

export type SuiteFile = z.infer<typeof suiteFileSchema>;
export type StateFile = z.infer<typeof stateFile>;
export type ProbeFile = z.infer<typeof probe>;
export type MatrixFile = z.infer<typeof matrix>;
export type SettingsFile = z.infer<typeof settings>;

/** That there are no endpoints says something, too. */
function saysSomething({ probes, matrices, facts, ...single }: StateFile): boolean {
  const { endpoints, localReadyEndpoints, udpConntrackCleanup } = single;
  return (
    [probes, matrices, facts].some((part) => part !== undefined && Object.keys(part).length > 0) ||
    [endpoints, localReadyEndpoints, udpConntrackCleanup].some((fact) => fact !== undefined)
  );
}
