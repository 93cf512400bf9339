/** Commands of the host, run without a shell: arguments and standard input only, in one network namespace. */
import { spawn } from 'node:child_process';
import { LinuxError } from './linux-error';

/** How a command ended. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs commands in one network namespace. */
export interface CommandRunner {
  /**
   * Any exit code is an answer.
   * @throws LinuxError PP_LINUX_COMMAND_MISSING, PP_LINUX_COMMAND_TIMEOUT
   */
  run(command: string, args: readonly string[], stdin?: string): Promise<CommandResult>;
}

/** A runner in the namespace at `networkNamespace`, or in the process's own. */
export function commandRunner(networkNamespace: string | undefined, timeoutSeconds: number): CommandRunner {
  const prefix = networkNamespace === undefined ? [] : ['nsenter', `--net=${networkNamespace}`, '--'];
  return {
    run: (command, args, stdin = '') => runCommand([...prefix, command, ...args], stdin, timeoutSeconds),
  };
}

function runCommand(argv: readonly string[], stdin: string, timeoutSeconds: number): Promise<CommandResult> {
  const [file = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, LC_ALL: 'C' }, stdio: ['pipe', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new LinuxError('PP_LINUX_COMMAND_TIMEOUT', `${argv.join(' ')} took more than ${timeoutSeconds} s`));
    }, timeoutSeconds * 1000);
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new LinuxError('PP_LINUX_COMMAND_MISSING', `${file} could not be started: ${cause.message}`, { cause }));
    });
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve({
        exitCode: exitCode ?? -1,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8').trim(),
      });
    });
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // The command may end without reading all of it; its exit code tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}
