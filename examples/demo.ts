/**
 * `npm run demo`: the shop of examples/shop on a real dataplane, in a throw-away network of namespaces. Real packets are sent
 * for every pair that matters and shown beside what the simulator says; then the shop changes while it runs. Exits with
 * 1 when a cell differs or anything is left behind. Without root the simulator shows its side alone.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTestbedObstacle } from '@polyplane/conformance';
import { keyOfResource, loadManifests, type Resource } from '@polyplane/core';
import { flowsOf } from './demo/flows';
import { leftovers, readHostState } from './demo/host-state';
import { differences, formatDifferences, formatLegend, formatMatrix, type Matrix } from './demo/matrix';
import { RealStage } from './demo/real-stage';
import { NODE_UNDER_TEST, podTargets, serviceTargets, topologyOf } from './demo/scene';
import { matrixOf, survey } from './demo/survey';
import { bad, formatContents, good, heading, quiet, seconds } from './demo/words';

/** What was seen of one state of the shop. */
interface Seen {
  readonly matrices: readonly Matrix[];
  readonly pairs: number;
  readonly flows: number;
  /** Pairs whose packets did not do what the simulator says. */
  readonly differing: number;
}

const SHOP = load('shop');
const CHANGED_SHOP = withChange(SHOP, load('demo/change.yaml'));
/** Rows and columns are those of both states, so that the matrices can be laid over each other. */
const CHAPTERS = [
  { title: 'Pods at their ports', targets: podTargets(CHANGED_SHOP) },
  { title: 'Services, and what lies beyond', targets: serviceTargets(CHANGED_SHOP) },
];
const TARGETS = CHAPTERS.flatMap(({ targets }) => targets);

void main().then((exitCode) => {
  process.exitCode = exitCode;
});

async function main(): Promise<number> {
  const startedAt = performance.now();
  heading('The shop');
  console.log(formatContents(SHOP));
  console.log(`Under test is ${NODE_UNDER_TEST}: rows send to columns, as far as their packets meet it.`);
  const obstacle = readTestbedObstacle();
  const hostState = obstacle === undefined ? readHostState() : [];
  const stage = obstacle === undefined ? await openStage() : undefined;
  if (obstacle !== undefined) console.log(`No real packets, the simulator alone: ${obstacle}`);
  const acts: Seen[] = [];
  try {
    acts.push(await show(SHOP, stage));
    await change(stage);
    acts.push(await show(CHANGED_SHOP, stage, acts[0]));
  } finally {
    await stage?.close();
  }
  const left = obstacle === undefined ? leftovers(hostState, readHostState()) : [];
  const differing = sum(acts, (act) => act.differing);
  if (stage !== undefined) printOutcome(acts, differing, left);
  console.log(quiet(`${seconds(startedAt)} in all.`));
  return differing === 0 && left.length === 0 ? 0 : 1;
}

async function openStage(): Promise<RealStage> {
  const startedAt = performance.now();
  const topology = topologyOf(SHOP, TARGETS);
  const stage = await RealStage.open(topology);
  const machines = topology.nodes.length + topology.pods.length + topology.outsiders.length;
  console.log(`A network of ${machines} machines, each a network namespace, is up after ${seconds(startedAt)}.`);
  await enforce(stage, SHOP);
  return stage;
}

async function enforce(stage: RealStage, resources: readonly Resource[]): Promise<void> {
  const startedAt = performance.now();
  await stage.enforce(resources);
  console.log(`${stage.dataplane} on ${NODE_UNDER_TEST} has all of it in force after ${seconds(startedAt)}.`);
}

async function change(stage: RealStage | undefined): Promise<void> {
  heading('The shop changes while it runs');
  console.log(`An incident: a policy cuts orders off, before any other policy is asked.
An outage: Redis is not ready, its service has no endpoint left.
A launch: recommendations gets its first pod, and the frontend may call it.`);
  if (stage === undefined) return;
  stage.startPods(topologyOf(CHANGED_SHOP, TARGETS));
  await enforce(stage, CHANGED_SHOP);
}

/** Prints every matrix of a state of the shop; what has changed since `before` is shown inverse and listed. */
async function show(resources: readonly Resource[], stage: RealStage | undefined, before?: Seen): Promise<Seen> {
  const seen: { -readonly [Key in keyof Seen]: Seen[Key] } = { matrices: [], pairs: 0, flows: 0, differing: 0 };
  for (const [index, { title, targets }] of CHAPTERS.entries()) {
    heading(before === undefined ? title : `${title}, after the change`);
    const pairs = survey(resources, CHANGED_SHOP, targets, topologyOf(resources, TARGETS));
    const asked = pairs.flat().filter(({ predicted }) => predicted.length > 0);
    const predicted = matrixOf('simulator', pairs);
    const real = stage === undefined ? undefined : matrixOf('real packets', pairs, await stage.watch(asked));
    const matrix = real ?? predicted;
    const earlier = before?.matrices[index];
    console.log(formatMatrix(matrix, { beside: real === undefined ? undefined : predicted, before: earlier }));
    if (earlier !== undefined) {
      // Who was not there before has nothing that changed.
      const changed = differences(earlier, matrix).filter(({ from, to }) => from !== 'notAsked' && to !== 'notAsked');
      console.log(`\nWhat changed:\n${formatDifferences(changed)}`);
    }
    seen.matrices = [...seen.matrices, matrix];
    seen.pairs += asked.length;
    seen.flows += sum(asked, flowsOf);
    seen.differing += differences(predicted, matrix).length;
  }
  console.log(`\n${formatLegend()}`);
  return seen;
}

function printOutcome(acts: readonly Seen[], differing: number, left: readonly string[]): void {
  heading('Afterwards');
  const counts = `${sum(acts, (act) => act.flows)} flows of ${sum(acts, (act) => act.pairs)} pairs`;
  console.log(
    differing === 0
      ? good(`${counts} did what the simulator says.`)
      : bad(`${counts}: ${differing} pairs did not do what the simulator says.`),
  );
  console.log(
    left.length === 0
      ? good('Nothing is left on this machine: no rule, no set, no interface, no namespace.')
      : bad(`Left on this machine:\n${left.join('\n')}`),
  );
}

/** Every object of a manifest file, or of the files in a folder. */
function load(path: string): readonly Resource[] {
  const place = join(__dirname, path);
  const files = path.endsWith('.yaml') ? [place] : readdirSync(place).map((name) => join(place, name));
  const loaded = files.map((file) => loadManifests(readFileSync(file, 'utf8'), file));
  const [problem] = loaded.flatMap(({ problems }) => problems);
  if (problem !== undefined) throw problem.error;
  return loaded.flatMap(({ resources }) => resources.map(({ resource }) => resource));
}

/** The resources with some of them new or in place of others. */
function withChange(resources: readonly Resource[], changed: readonly Resource[]): readonly Resource[] {
  return [...new Map([...resources, ...changed].map((resource) => [keyOfResource(resource), resource])).values()];
}

function sum<T>(items: readonly T[], numberOf: (item: T) => number): number {
  return items.reduce((total, item) => total + numberOf(item), 0);
}
