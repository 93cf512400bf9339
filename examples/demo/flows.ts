/** Real flows through the testbed, and what became of them. */
import type { ProbeRequest, ProbeResult, Testbed } from '@polyplane/conformance';
import type { Cell } from './matrix';
import type { Outcome } from './prediction';
import type { Sender, Target } from './scene';

/** A sender, what it dials, and every way that its flow may go. */
export interface Pair {
  readonly sender: Sender;
  readonly target: Target;
  readonly predicted: readonly Outcome[];
}

/** So many that a service with two endpoints sends all of them to one of the two once in eight million runs. */
const FLOWS_WHEN_BALANCED = 24;

/** What really happened to each pair; a service that balances is dialled many times. */
export async function watchFlows(testbed: Testbed, pairs: readonly Pair[]): Promise<ReadonlyMap<Pair, Cell>> {
  const requests = pairs.flatMap((pair) => Array<ProbeRequest>(flowsOf(pair)).fill(requestOf(pair)));
  const results = await testbed.probe(requests);
  let next = 0;
  const watched = pairs.map((pair): readonly [Pair, Cell] => {
    const outcomes = results.slice(next, next + flowsOf(pair)).map((result) => outcomeOf(result, pair.sender));
    next += outcomes.length;
    const isElsewhere = outcomes.some(({ cell, by }) => {
      const alike = pair.predicted.filter((outcome) => outcome.cell === cell);
      return alike.length > 0 && !alike.some((outcome) => outcome.by === by);
    });
    return [pair, isElsewhere ? 'elsewhere' : cellOf(outcomes)];
  });
  return new Map(watched);
}

/** The cell of a pair whose flows may go these ways. */
export function cellOf(outcomes: readonly Outcome[]): Cell {
  const [cell, ...others] = new Set(outcomes.map((outcome) => outcome.cell));
  return cell === undefined ? 'notAsked' : others.length === 0 ? cell : 'depends';
}

/** How many flows a pair sends. */
export function flowsOf({ predicted }: Pair): number {
  return predicted.length > 1 ? FLOWS_WHEN_BALANCED : predicted.length;
}

function requestOf({ sender, target, predicted }: Pair): ProbeRequest {
  return {
    from: sender.host,
    sourceAddress: sender.address,
    destination: target.address,
    destinationPort: target.port,
    protocol: target.protocol,
    isAnswerExpected: predicted.every(({ cell }) => cell !== 'dropped'),
  };
}

function outcomeOf(result: ProbeResult, sender: Sender): Outcome {
  switch (result.outcome) {
    case 'connected':
      return { cell: result.seenSource === sender.address ? 'reached' : 'reachedAsNode', by: result.by };
    case 'refused':
      return { cell: 'refused' };
    case 'timeout':
      return { cell: 'dropped' };
    case 'notSendable':
      throw new Error(`${sender.name} cannot send: ${result.reason}`);
  }
}
