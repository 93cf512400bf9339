/** The programs of the host's interfaces: attached by links that are pinned, so that they stay whatever becomes of this process. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkNamespace } from '@polyplane/linux';
import { BpfLink } from './link';
import { ATTACH_TYPE, type BpfProgram } from './program';

/** What runs on an interface: where packets come in by it, and where they leave by it. */
export interface ProgramPair {
  readonly ingress: BpfProgram;
  readonly egress: BpfProgram;
}

const HOOKS = [
  { hook: 'egress', attachType: ATTACH_TYPE.TCX_EGRESS },
  { hook: 'ingress', attachType: ATTACH_TYPE.TCX_INGRESS },
] as const;
/** `link-7-ingress`. */
const PIN = /^link-(\d+)-(?:ingress|egress)$/;

/** By links of TCX, in one network namespace. Interfaces are known by their index there. */
export class InterfacePrograms {
  /** `folder` lies in the BPF file system and is this instance's own. */
  constructor(
    private readonly namespace: NetworkNamespace,
    private readonly folder: string,
  ) {}

  /** Interfaces that a program was attached to, by this process or an earlier one; also those that are gone since. */
  get attached(): ReadonlySet<number> {
    const indexes = readdirSync(this.folder).map((name) => PIN.exec(name)?.[1]);
    return new Set(indexes.flatMap((index) => (index === undefined ? [] : [Number(index)])));
  }

  /**
   * Puts these programs on the interface: in the place of ours that are there, between two packets. What leaves by the interface is judged
   * before anything may come in by it.
   * @throws EbpfError PP_EBPF_LINK_FAILED when the interface is gone, PP_EBPF_PIN_FAILED
   */
  attach(index: number, programs: ProgramPair): void {
    for (const { hook, attachType } of HOOKS) this.attachTo(index, hook, attachType, programs[hook]);
  }

  /** Takes ours off the interface, if they are there. */
  detach(index: number): void {
    for (const { hook } of HOOKS) {
      const path = this.pathOf(index, hook);
      const link = BpfLink.openPinned(path);
      if (link === undefined) continue;
      link.detach();
      link.close();
      rmSync(path);
    }
  }

  /** Somebody took a program of ours off the interface, or the interface is gone. */
  isWhole(index: number): boolean {
    return HOOKS.every(({ hook }) => {
      const link = BpfLink.openPinned(this.pathOf(index, hook));
      const { ifindex } = link?.info ?? { ifindex: 0 };
      link?.close();
      return ifindex === index;
    });
  }

  private attachTo(index: number, hook: keyof ProgramPair, attachType: number, program: BpfProgram): void {
    const path = this.pathOf(index, hook);
    const known = BpfLink.openPinned(path);
    if (known !== undefined) {
      const isReplaced = known.replace(program);
      known.close();
      if (isReplaced) return;
      // The index is another interface's now, or somebody took the link off.
      rmSync(path);
    }
    const link = this.namespace.run(() => BpfLink.create(program, index, attachType));
    try {
      link.pin(path);
    } finally {
      link.close();
    }
  }

  private pathOf(index: number, hook: keyof ProgramPair): string {
    return join(this.folder, `link-${index}-${hook}`);
  }
}
