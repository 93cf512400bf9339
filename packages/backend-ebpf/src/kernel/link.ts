/** Links: programs attached to an interface or a control group until the link is gone (BPF_LINK_*). */
import { closeSync } from 'node:fs';
import { EbpfError } from '../ebpf-error';
import { BpfAttributes, bpf, ERRNO, formatErrno } from './bpf-call';
import { type LinkInfo, readLinkInfo } from './object-info';
import { openPin, pinObject } from './pin';
import type { BpfProgram } from './program';

/** A link that this process holds open. Unpinned, it ends with the last descriptor. */
export class BpfLink {
  private isOpen = true;

  private constructor(readonly fd: number) {}

  /**
   * Attaches a program to an interface of the calling thread's network namespace or, by `attachType`, to the control group behind
   * a descriptor.
   * @throws EbpfError PP_EBPF_LINK_FAILED
   */
  static create(program: BpfProgram, target: number, attachType: number): BpfLink {
    const attributes = new BpfAttributes().u32(0, program.fd).u32(4, target).u32(8, attachType);
    const result = bpf('LINK_CREATE', attributes);
    if (result < 0) throw failure(`${program.name} could not be attached to ${target}`, result);
    return new BpfLink(result);
  }

  /**
   * Opens a pinned link; undefined when nothing is pinned there.
   * @throws EbpfError PP_EBPF_PIN_FAILED
   */
  static openPinned(path: string): BpfLink | undefined {
    const fd = openPin(path);
    return fd === undefined ? undefined : new BpfLink(fd);
  }

  get info(): LinkInfo {
    return readLinkInfo(this.fd);
  }

  /**
   * Puts another program in the place of the attached one, between two packets. False: what it was attached to is gone.
   * @throws EbpfError PP_EBPF_LINK_FAILED
   */
  replace(program: BpfProgram): boolean {
    const result = bpf('LINK_UPDATE', new BpfAttributes().u32(0, this.fd).u32(4, program.fd));
    if (result === -ERRNO.ENOLINK) return false;
    if (result < 0) throw failure(`${program.name} could not take the place of the attached program`, result);
    return true;
  }

  /** Takes the program off, pinned or not. */
  detach(): void {
    const result = bpf('LINK_DETACH', new BpfAttributes().u32(0, this.fd));
    if (result < 0 && result !== -ERRNO.ENOLINK) throw failure('a program could not be taken off', result);
  }

  /** @throws EbpfError PP_EBPF_PIN_FAILED */
  pin(path: string): void {
    pinObject(this.fd, path);
  }

  close(): void {
    if (this.isOpen) closeSync(this.fd);
    this.isOpen = false;
  }
}

function failure(what: string, result: number): EbpfError {
  return new EbpfError('PP_EBPF_LINK_FAILED', `${what}: ${formatErrno(result)}`, {
    isRetriable: result === -ERRNO.EBUSY || result === -ERRNO.EAGAIN,
  });
}
