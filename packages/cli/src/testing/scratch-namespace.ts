/** A network namespace of a test's own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';

export class ScratchNamespace {
  private readonly name = `ppt-${randomUUID().slice(0, 8)}`;
  readonly path = `/run/netns/${this.name}`;

  constructor() {
    execFileSync('ip', ['netns', 'add', this.name]);
    this.run('ip', 'link', 'set', 'lo', 'up');
  }

  /** What a command in it prints. */
  run(file: string, ...args: readonly string[]): string {
    return execFileSync('nsenter', [`--net=${this.path}`, file, ...args], { encoding: 'utf8' });
  }

  remove(): void {
    spawnSync('ip', ['netns', 'del', this.name]);
  }
}
