/** `polyplane bundle`: what a maintainer needs to help, without secrets. */
import { Command } from 'commander';
import { collect, type MissingPart } from '../bundle/collect';
import { type BundleOptions, bundleParts } from '../bundle/parts';
import { writeBundle } from '../bundle/write';
import { addClusterInput } from '../cluster-input';
import { knownBackends, loadBackends } from '../load-backends';
import { readNodeAgentConfiguration } from '../node-agent-configuration';
import { ownNodeName } from '../node-context';
import { backendModuleOption, featureGatesOption, nodeOption, profileOption } from '../options';
import { printLine } from '../output';
import { printNote, printWarning } from '../report-error';
import { reportTime } from '../report-time';
import { readVersion } from '../version';

interface BundleCommandOptions extends Omit<BundleOptions, 'address' | 'metricsAddress'> {
  readonly address?: string;
  readonly out?: string;
}

export function bundleCommand(): Command {
  return addClusterInput(new Command('bundle'))
    .option('--config <file>', 'the agent’s NodeAgentConfiguration')
    .option('--address <host:port>', 'the agent’s healthAddress (default: the configuration’s, or 127.0.0.1:10266)')
    .addOption(nodeOption('the node that this host is (default: $NODE_NAME, then the host’s name)'))
    .option('--backend <name>', 'whose plan; without --config')
    .addOption(backendModuleOption())
    .addOption(profileOption().default(undefined))
    .addOption(featureGatesOption())
    .option(
      '--out <path>',
      'a .tar.gz or .tgz, a folder to make, or - for stdout (default: polyplane-bundle-NODE-TIME.tar.gz)',
    )
    .action(bundle);
}

async function bundle(options: BundleCommandOptions): Promise<void> {
  const date = reportTime();
  const addresses = addressesOf(options);
  const nodeName = addresses.nodeName;
  // A name in a path: what is no letter, digit, dot or dash could lead elsewhere.
  const root = `polyplane-bundle-${nodeName.replace(/[^\w.-]/g, '_')}-${date.replace(/[:+]/g, '')}`;
  const parts = bundleParts({ ...options, ...addresses }, loadBackends(options.backendModule), nodeName, date);
  const { files, missing } = await collect(parts);
  const contents = { polyplane: readVersion(), node: nodeName, date, files: files.map(({ name }) => name), missing };
  const path = options.out ?? `${root}.tar.gz`;
  const own = { name: 'contents.json', text: `${JSON.stringify(contents, undefined, 2)}\n` };
  await writeBundle([own, ...files], { path, root, date });
  tell(missing);
  if (path === '-') return;
  printNote(
    'Look through it before you hand it on: names and addresses of the cluster are in it, tokens, keys and certificates are not.',
  );
  printLine(path);
}

function tell(missing: readonly MissingPart[]): void {
  for (const { name, reason } of missing) printWarning(`${name} is not in it: ${reason}`);
}

/** A configuration that cannot be read costs the parts that need it, no more. */
function addressesOf({ config, address, node, backendModule }: BundleCommandOptions): {
  readonly address: string;
  readonly metricsAddress: string;
  readonly nodeName: string;
} {
  const configuration = config === undefined ? undefined : readable(config, backendModule);
  const { healthAddress, metricsAddress } = configuration ?? {};
  return {
    address: address ?? formatAddress(healthAddress, 10266),
    metricsAddress: formatAddress(metricsAddress, 10267),
    nodeName: node ?? configuration?.nodeName ?? ownNodeName(),
  };
}

function readable(config: string, backendModule: readonly string[]) {
  try {
    return readNodeAgentConfiguration(config, knownBackends(backendModule));
  } catch {
    // The parts that need it say why they are missing.
    return undefined;
  }
}

function formatAddress(address: { readonly host: string; readonly port: number } | undefined, usual: number): string {
  if (address === undefined) return `127.0.0.1:${usual}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
