/** Every command of `polyplane`: what it is for, and the file that defines it, which is loaded once the command is asked for. */
import type { Command } from 'commander';
import type { EXAMPLES } from './examples';

export type CommandName = keyof typeof EXAMPLES;

export interface CommandEntry {
  readonly name: CommandName;
  /** One line for the help. */
  readonly description: string;
  /** The command with its options and its action: this loads what it needs, which is most of the time that a start takes. */
  load(): Command;
}

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    description:
      'the node agent: puts a cluster’s services and policies in force on this node until it is told to stop',
    // What `require` gives is not known to the type checker; here and below.
    load: () => (require('./commands/run') as typeof import('./commands/run')).runCommand(),
  },
  {
    name: 'check',
    description: 'which backend can run a cluster, and what a change of backend would change',
    load: () => (require('./commands/check') as typeof import('./commands/check')).checkCommand(),
  },
  {
    name: 'trace',
    description: 'what happens to a packet from a node on, stage by stage, and which rule decided',
    load: () => (require('./commands/trace') as typeof import('./commands/trace')).traceCommand(),
  },
  {
    name: 'render',
    description: 'what a backend would program on an empty host, in its own terms; needs no root',
    load: () => (require('./commands/render') as typeof import('./commands/render')).renderCommand(),
  },
  {
    name: 'test',
    description: 'run suites against the simulator, or with real packets against a dataplane',
    load: () => (require('./commands/test') as typeof import('./commands/test')).testCommand(),
  },
  {
    name: 'diff',
    description: 'what is in force on this node, against what would be; exits with 1 where they differ; needs root',
    load: () => (require('./commands/diff') as typeof import('./commands/diff')).diffCommand(),
  },
  {
    name: 'cleanup',
    description: 'removes every trace of a backend, or of all, from this network namespace; needs root',
    load: () => (require('./commands/cleanup') as typeof import('./commands/cleanup')).cleanupCommand(),
  },
  {
    name: 'status',
    description: 'what a running node agent is doing; exits with 1 when it is not ready',
    load: () => (require('./commands/status') as typeof import('./commands/status')).statusCommand(),
  },
  {
    name: 'bundle',
    description: 'collects what a maintainer needs to help, without secrets; with or without a running agent',
    load: () => (require('./commands/bundle') as typeof import('./commands/bundle')).bundleCommand(),
  },
  {
    name: 'codes',
    description: 'explain error and diagnostic codes',
    load: () => (require('./commands/codes') as typeof import('./commands/codes')).codesCommand(),
  },
  {
    name: 'completion',
    description: 'print a completion script: source <(polyplane completion bash)',
    load: () => (require('./commands/completion') as typeof import('./commands/completion')).completionCommand(),
  },
];
