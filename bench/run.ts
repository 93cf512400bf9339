/**
 * `npm run bench [-- SCENARIO...]`: measures, prints a table, and writes bench/results/SCENARIO.json.
 * Each scenario runs in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { check } from './check';
import { computeGrowth, computeLarge, computeMedium } from './compute';
import { tcpConnect } from './connect';
import { ebpf } from './ebpf';
import { iptablesLegacy, iptablesNft } from './iptables';
import { isKept, type Measurement, type Scenario } from './measurement';
import { simulatorRate } from './simulator';

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  check,
  'compute-medium': computeMedium,
  'compute-growth': computeGrowth,
  'compute-large': computeLarge,
  simulator: simulatorRate,
  'iptables-legacy': iptablesLegacy,
  'iptables-nft': iptablesNft,
  connect: tcpConnect,
  ebpf,
};

const CHILD_FLAG = '--in-this-process';

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === CHILD_FLAG) return measureHere(args[1] ?? '');
  const unknown = args.filter((name) => !(name in SCENARIOS));
  if (unknown.length > 0) {
    console.error(`unknown scenario ${unknown.join(', ')}; known: ${Object.keys(SCENARIOS).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  for (const name of args.length > 0 ? args : Object.keys(SCENARIOS)) measureInChild(name);
}

/** The child's half: prints the figures as JSON. */
async function measureHere(name: string): Promise<void> {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) throw new RangeError(name);
  process.stdout.write(JSON.stringify(await scenario.run()));
}

function measureInChild(name: string): void {
  const scenario = SCENARIOS[name];
  const lacks = scenario?.lacks?.();
  console.log(`\n${scenario?.title} (${name})`);
  if (lacks !== undefined) {
    console.log(`  skipped: ${lacks}`);
    return;
  }
  const output = execFileSync(process.execPath, [...process.execArgv, __filename, CHILD_FLAG, name], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // The child is this very file, so its output has this shape.
  const figures = JSON.parse(output) as Measurement[];
  for (const figure of figures) console.log(formatFigure(figure));
  if (!figures.every(isKept)) process.exitCode = 1;
  writeResult(name, figures);
}

function formatFigure(figure: Measurement): string {
  const value = `${figure.value.toLocaleString('en', { maximumSignificantDigits: 4 })} ${figure.unit}`;
  return `  ${figure.metric.padEnd(58)} ${value.padStart(16)}  ${formatAim(figure)}`.trimEnd();
}

function formatAim(figure: Measurement): string {
  if (figure.aim === undefined) return '';
  const bound = 'atMost' in figure.aim ? `at most ${figure.aim.atMost}` : `at least ${figure.aim.atLeast}`;
  return `${isKept(figure) ? 'kept' : 'MISSED'}: ${bound}`;
}

function writeResult(name: string, figures: readonly Measurement[]): void {
  const folder = join(__dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const result = {
    scenario: name,
    command: `npm run bench -- ${name}`,
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version },
    figures,
  };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

void main(process.argv.slice(2));
