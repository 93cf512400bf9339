/** Runs `ip -batch` in a network namespace. */
import { spawnSync } from 'node:child_process';
import { LinuxError } from './linux-error';
import type { NetworkNamespace } from './network-namespace';

/**
 * Applies lines of `ip -batch`; the first that fails ends it.
 * @throws LinuxError PP_LINUX_COMMAND_MISSING without the `ip` command, PP_LINUX_COMMAND_FAILED with what it said
 */
export function applyIpBatch(namespace: NetworkNamespace, lines: readonly string[]): void {
  if (lines.length === 0) return;
  const input = `${lines.join('\n')}\n`;
  const { error, status, stderr } = namespace.run(() => spawnSync('ip', ['-batch', '-'], { input, encoding: 'utf8' }));
  if (error !== undefined) {
    throw new LinuxError('PP_LINUX_COMMAND_MISSING', `cannot run ip (iproute2): ${error.message}`, {
      cause: error,
    });
  }
  if (status !== 0) throw new LinuxError('PP_LINUX_COMMAND_FAILED', `ip -batch: ${describeFailure(stderr, lines)}`);
}

/** `ip` names the line by its number only. */
function describeFailure(stderr: string, lines: readonly string[]): string {
  const number = /Command failed -:(\d+)/.exec(stderr)?.[1];
  const line = number === undefined ? undefined : lines[Number(number) - 1];
  return [line, stderr.trim()].filter((part) => part !== undefined).join(': ');
}
