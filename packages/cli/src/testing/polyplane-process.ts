/** Runs the command from source as users run it: a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The repository's root, the working directory of every run. */
export const ROOT = join(__dirname, '..', '..', '..', '..');

/** For tests that run the command: it transpiles itself at each start, and the machine may be busy. */
export const PROCESS_TIMEOUT_MILLISECONDS = 90_000;

export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What the command reads from stdin; nothing unless given. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs as this user, where the machine lets us. */
  readonly uid?: number;
  /** A descriptor that the command's stdout goes to; a pipe that the test reads unless given. */
  readonly stdout?: number;
  /** The same of stderr. */
  readonly stderr?: number;
  /** Path of the network namespace that it runs in; the tests' own unless given. */
  readonly networkNamespace?: string;
}

/** Why a run cannot be another user's ({@link RunOptions.uid}); undefined when it can. */
export const userObstacle = process.getuid?.() === 0 ? undefined : 'only root can run it as somebody else';

/** Arguments of Node.js to run the command from source. DEP0180 comes from ts-node on Node 22 and later, not from the command. */
export const NODE_ARGUMENTS: readonly string[] = [
  '--conditions=@polyplane/source',
  '--disable-warning=DEP0180',
  '-r',
  join(ROOT, 'scripts/register.cjs'),
];

const MAIN = join(ROOT, 'packages/cli/src/main.ts');

/** Starts the command; `start` for what is stopped by the test, {@link polyplane} for what ends by itself. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const { networkNamespace } = options;
  const enter = networkNamespace === undefined ? [] : ['nsenter', `--net=${networkNamespace}`];
  const [file = process.execPath, ...rest] = [...enter, process.execPath, ...NODE_ARGUMENTS, MAIN, ...args];
  return spawn(file, rest, {
    cwd: ROOT,
    env: { ...plainEnvironment(), ...options.environment },
    stdio: ['pipe', options.stdout ?? 'pipe', options.stderr ?? 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
}

/** Runs the command to its end. */
export async function polyplane(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = start(args, options);
  child.stdin?.end(options.input ?? '');
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { exitCode, stdout, stderr };
}

/** The same text whatever the machine that runs the tests says about colours. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...environment } = process.env;
  return { ...environment, NO_COLOR: '1' };
}
