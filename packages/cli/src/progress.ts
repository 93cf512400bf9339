/** A line of progress on stderr, on a terminal only. */
export class Progress {
  private done = 0;

  constructor(
    private readonly total: number,
    private readonly stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
  ) {}

  /** One more is done. */
  step(name: string): void {
    this.done += 1;
    this.show(`${this.done}/${this.total} ${name}`);
  }

  clear(): void {
    this.show('');
  }

  private show(text: string): void {
    if (this.stream.isTTY) this.stream.write(`\r\u001b[2K${text}`);
  }
}
