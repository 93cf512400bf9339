/** The schema of a rule of Calico's policies and profiles. */
import { z } from 'zod';
import { type Cidr, familyOf, ICMP, ICMPV6, type IcmpMatch, type IpFamily, type Protocol, TCP } from '../../state';
import type { CalicoEntityRule, CalicoHttpMatch, CalicoRule } from '../kinds/calico';
import {
  anySelector,
  calicoName,
  calicoPort,
  calicoProtocol,
  isNumeric,
  ruleNamespaceSelector,
  selector,
  strictNet,
  takesPorts,
} from './calico-fields';
import { checked, list, optional, optionalText, quote, refuse, refuseDuplicates, structure, text } from './fields';
import { annotations } from './metadata';

const MAX_NETS = 256;
const MAX_PORTS = 50;
const MAX_HTTP_MATCHES = 20;
const MAX_HTTP_PATH = 1024;

export const icmpFields = z
  .object({ type: optional(z.int().min(0).max(254)), code: optional(z.int().min(0).max(255)) })
  .transform(({ type, code }, context): IcmpMatch | undefined => {
    if (type === undefined && code !== undefined) refuse(context, ['code'], 'a code needs a type');
    return type === undefined ? undefined : { type, ...(code !== undefined && { code }) };
  });

const httpPath = z
  .object({ exact: text, prefix: text })
  .transform(({ exact, prefix }, context): CalicoHttpMatch['paths'][number] => {
    if ((exact === '') === (prefix === '')) refuse(context, [], 'a path is either exact or a prefix');
    const path = exact === '' ? prefix : exact;
    if (!path.startsWith('/') || /[? #]/.test(path) || path.length > MAX_HTTP_PATH) {
      refuse(context, [], `${quote(path)} is not a path: it begins with / and has no ?, # or space`);
    }
    return exact === '' ? { prefix } : { exact };
  });

export const httpMatch = z.object({ methods: list(z.string()), paths: list(httpPath) }).transform(
  checked(({ methods, paths }, context) => {
    refuseDuplicates(context, methods, (index) => ['methods', index]);
    if (methods.length > MAX_HTTP_MATCHES) refuse(context, ['methods'], `more than ${MAX_HTTP_MATCHES} methods`);
    if (paths.length > MAX_HTTP_MATCHES) refuse(context, ['paths'], `more than ${MAX_HTTP_MATCHES} paths`);
  }),
);

const serviceMatch = z
  .object({ name: calicoName, namespace: optionalText.pipe(calicoName.optional()) })
  .transform(({ name, namespace }) => (namespace === undefined ? { name } : { name, namespace }));

const serviceAccountMatch = z
  .object({ names: list(z.string()), selector: anySelector })
  .transform(({ names, selector: accounts }) => (accounts === undefined ? { names } : { names, selector: accounts }));

export const entityRule = z
  .object({
    nets: list(strictNet),
    notNets: list(strictNet),
    selector,
    notSelector: selector,
    namespaceSelector: ruleNamespaceSelector,
    ports: list(calicoPort),
    notPorts: list(calicoPort),
    serviceAccounts: optional(serviceAccountMatch),
    services: optional(serviceMatch),
  })
  .transform((raw, context): CalicoEntityRule => {
    for (const field of ['nets', 'notNets'] as const) {
      if (raw[field].length > MAX_NETS) refuse(context, [field], `more than ${MAX_NETS} nets`);
    }
    for (const field of ['ports', 'notPorts'] as const) {
      if (raw[field].length > MAX_PORTS) refuse(context, [field], `more than ${MAX_PORTS} ports`);
    }
    raw.notNets.forEach((net, index) => {
      if (net.endsWith('/0')) refuse(context, ['notNets', index], `${net} excludes every address: nothing would match`);
    });
    if (raw.services !== undefined) refuseBesideServices(raw, context);
    const { selector: pods, notSelector, namespaceSelector, serviceAccounts, services, ...lists } = raw;
    return {
      ...lists,
      ...(pods !== undefined && { selector: pods }),
      ...(notSelector !== undefined && { notSelector }),
      ...(namespaceSelector !== undefined && { namespaceSelector }),
      ...(serviceAccounts !== undefined && { serviceAccounts }),
      ...(services !== undefined && { services }),
    };
  });

const ipVersion = z.literal([4, 6]);

export const calicoRule: z.ZodType<CalicoRule> = z
  .object({
    action: z.enum(['Allow', 'Deny', 'Pass', 'Log']),
    ipVersion: optional(ipVersion),
    protocol: optional(calicoProtocol),
    notProtocol: optional(calicoProtocol),
    icmp: optional(icmpFields),
    notICMP: optional(icmpFields),
    source: structure(entityRule),
    destination: structure(entityRule),
    http: optional(httpMatch),
    metadata: optional(z.object({ annotations })),
  })
  .transform((raw, context): CalicoRule => {
    const rule = ruleOf(raw);
    refusePortsWithoutProtocol(rule, context);
    refuseMixedFamilies(rule, context);
    refuseIcmpMismatch(rule, context);
    if (rule.http !== undefined) {
      if (rule.action !== 'Allow') refuse(context, ['http'], 'only Allow rules match HTTP');
      if (rule.protocol !== undefined && rule.protocol !== TCP) refuse(context, ['protocol'], 'HTTP runs over TCP');
    }
    const { services, ports, notPorts } = rule.destination;
    if (services !== undefined && ports.length + notPorts.length > 0) {
      refuse(context, ['destination', ports.length > 0 ? 'ports' : 'notPorts'], 'services bring their own ports');
    }
    return rule;
  });

interface RawRule extends Omit<CalicoRule, 'http'> {
  readonly http?: CalicoHttpMatch | undefined;
  readonly metadata?: unknown;
}

function ruleOf(raw: RawRule): CalicoRule {
  return {
    action: raw.action,
    ...(raw.ipVersion !== undefined && { ipVersion: raw.ipVersion }),
    ...(raw.protocol !== undefined && { protocol: raw.protocol }),
    ...(raw.notProtocol !== undefined && { notProtocol: raw.notProtocol }),
    ...(raw.icmp !== undefined && { icmp: raw.icmp }),
    ...(raw.notICMP !== undefined && { notICMP: raw.notICMP }),
    source: raw.source,
    destination: raw.destination,
    ...(raw.http !== undefined && { http: raw.http }),
  };
}

function refuseBesideServices(
  raw: Pick<CalicoEntityRule, 'nets' | 'notNets'> & {
    readonly selector: string | undefined;
    readonly notSelector: string | undefined;
    readonly namespaceSelector: string | undefined;
    readonly serviceAccounts?: unknown;
  },
  context: z.RefinementCtx,
): void {
  for (const field of ['selector', 'notSelector', 'namespaceSelector', 'serviceAccounts'] as const) {
    if (raw[field] !== undefined) refuse(context, [field], 'cannot stand beside services');
  }
  for (const field of ['nets', 'notNets'] as const) {
    if (raw[field].length > 0) refuse(context, [field], 'cannot stand beside services');
  }
}

function refusePortsWithoutProtocol(rule: CalicoRule, context: z.RefinementCtx): void {
  for (const end of ['source', 'destination'] as const) {
    for (const field of ['ports', 'notPorts'] as const) {
      const ports = rule[end][field];
      if (rule.protocol === undefined ? ports.some(isNumeric) : ports.length > 0 && !takesPorts(rule.protocol)) {
        refuse(context, [end, field], 'ports need protocol TCP, UDP or SCTP');
      }
    }
  }
}

/** All nets of a rule, both ends, are of one family, the rule's `ipVersion` if it has one. */
function refuseMixedFamilies(rule: CalicoRule, context: z.RefinementCtx): void {
  let family: IpFamily | undefined = rule.ipVersion;
  const check = (net: Cidr, path: (string | number)[]): void => {
    family ??= familyOf(net);
    if (familyOf(net) !== family) refuse(context, path, `${net} in a rule on IPv${family}`);
  };
  for (const end of ['source', 'destination'] as const) {
    for (const field of ['nets', 'notNets'] as const) {
      rule[end][field].forEach((net, index) => {
        check(net, [end, field, index]);
      });
    }
  }
}

function refuseIcmpMismatch(rule: CalicoRule, context: z.RefinementCtx): void {
  if (rule.icmp !== undefined && rule.protocol !== ICMP && rule.protocol !== ICMPV6) {
    refuse(context, ['icmp'], 'needs protocol ICMP or ICMPv6');
  }
  for (const field of ['protocol', 'notProtocol'] as const) {
    const family = icmpFamily(rule[field]);
    if (family !== undefined && rule.ipVersion !== undefined && rule.ipVersion !== family) {
      refuse(context, [field], `this protocol is of IPv${family}, the rule of IPv${rule.ipVersion}`);
    }
  }
}

function icmpFamily(protocol: Protocol | undefined): IpFamily | undefined {
  return protocol === ICMP ? 4 : protocol === ICMPV6 ? 6 : undefined;
}
