/** The options of a node agent, checked at run time: callers need not have types, and a slip of the pen is no silent default. */
import { z } from 'zod';
import { CoreError } from '../core-error';
import { onUnsupportedChoice } from '../limits/on-unsupported';
import { parseProfile } from '../limits/profile';
import { formatFieldPath } from '../resources/field-path';

const anyFunction = z.custom((value) => typeof value === 'function', 'must be a function');
const text = z.string('must be a text').min(1, 'must not be empty');
const flag = z.boolean('must be true or false');
const anyObject = z.custom((value) => typeof value === 'object' && value !== null, 'must be an object');
const anyList = z.array(z.unknown(), 'must be a list');

const source = z.custom(
  (value) => hasMethod(value, 'batches$', 'subscribe'),
  'must be a Source: an object whose batches$ is an Observable',
);
const logger = z.custom(
  (value) => ['debug', 'info', 'warn', 'error'].every((level) => hasMethod(value, level)),
  'must be a Logger: an object with debug, info, warn and error',
);

const profile = z.string('must be a text').superRefine((name, context) => {
  try {
    parseProfile(name);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : String(error));
  }
});

const milliseconds = z.number('must be a number').min(1, 'must be 1 at least').max(86_400_000, 'must be a day at most');
const backoff = z
  .strictObject({ initialDelayMs: milliseconds, maxDelayMs: milliseconds })
  .refine(({ initialDelayMs, maxDelayMs }) => initialDelayMs <= maxDelayMs, 'has a first delay beyond the longest one');

/** Names as `ChosenSettings` has them; what stands in lists and objects is the caller's own. */
const settings = z.strictObject({
  nodePortAddresses: anyList.optional(),
  localhostNodePorts: flag.optional(),
  masqueradeAll: flag.optional(),
  localDetector: anyObject.optional(),
  workloadInterfacePrefixes: z.array(text, 'must be a list of texts').optional(),
  endpointToHostAction: z.enum(['drop', 'return', 'accept'], 'must be drop, return or accept').optional(),
  closedToWorkloads: anyList.optional(),
  serviceLoopPrevention: anyObject.optional(),
  isForwarding: flag.optional(),
  failsafeInbound: anyList.optional(),
  failsafeOutbound: anyList.optional(),
  wireguardFamilies: anyList.optional(),
  isBgpEnabled: flag.optional(),
  autodetectedFamilies: anyList.optional(),
});

const serviceRules = z.strictObject({
  hints: z.enum(['whenComplete', 'wherePresent'], 'must be whenComplete or wherePresent').optional(),
  usesTerminating: flag.optional(),
  sourceRangesOn: z.enum(['loadBalancerIps', 'externalIps'], 'must be loadBalancerIps or externalIps').optional(),
  honoursIpMode: flag.optional(),
});

const options = z.strictObject({
  nodeName: text,
  source,
  allowMissingNode: flag.optional(),
  backend: text.optional(),
  backends: z
    .record(z.string(), z.looseObject({ onUnsupported: onUnsupportedChoice.optional() }, 'must be an object'))
    .optional(),
  onUnsupported: onUnsupportedChoice.optional(),
  onUnsupportedOfBackend: z.record(z.string(), onUnsupportedChoice).optional(),
  profile: profile.optional(),
  featureGates: z.record(z.string(), flag).optional(),
  logger: logger.optional(),
  networkNamespace: text.optional(),
  auditIntervalSeconds: z
    .number('must be a number')
    .min(1, 'must be 1 at least')
    .max(86_400, 'must be a day at most')
    .optional(),
  backoff: backoff.optional(),
  interfaceNameOf: anyFunction.optional(),
  settings: settings.optional(),
  serviceRules: serviceRules.optional(),
});

/** @throws CoreError PP_AGENT_OPTIONS_INVALID, naming everything that is wrong */
export function checkAgentOptions(given: unknown): void {
  const checked = options.safeParse(given);
  if (checked.success) return;
  throw new CoreError('PP_AGENT_OPTIONS_INVALID', checked.error.issues.flatMap(formatIssue).join('; '));
}

function formatIssue(issue: z.core.$ZodIssue): readonly string[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${formatFieldPath([...path, key])}: there is no such option`);
  }
  return [`${path.length === 0 ? 'options' : formatFieldPath(path)}: ${issue.message}`];
}

/** Whether the value, or what it has under the names before the last, has a method of the last name. */
function hasMethod(value: unknown, ...names: readonly string[]): boolean {
  let found: unknown = value;
  for (const name of names) {
    if ((typeof found !== 'object' || found === null) && typeof found !== 'function') return false;
    found = Reflect.get(found, name);
  }
  return typeof found === 'function';
}
