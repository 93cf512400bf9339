/** The packet mark's bits that this backend uses, taken from one mask. */

/**
 * Bits of the packet mark. `masquerade` is set where a service wants the source translated and read in POSTROUTING;
 * `accept` and `pass` carry a policy's verdict out of its chain; `admitted` remembers over stages that one of them let the packet through.
 */
export interface Marks {
  readonly masquerade: number;
  readonly accept: number;
  readonly pass: number;
  readonly admitted: number;
}

/**
 * The default mask: clear of kube-proxy (0x4000, 0x8000), Calico (0xffff0000), CNI's portmap (0x2000) and the low byte,
 * which people like for their own `ip rule`s.
 */
export const DEFAULT_MARK_MASK = 0xf00;

/** How many bits of a mask {@link marksOf} needs. */
export const MARK_BITS = 4;

/** The lowest bits of `mask`, in the order in which {@link Marks} lists them; undefined when it has too few. */
export function marksOf(mask: number): Marks | undefined {
  const bits = Array.from({ length: 32 }, (_, bit) => 2 ** bit).filter((bit) => (mask & bit) !== 0);
  const [masquerade, accept, pass, admitted] = bits;
  if (masquerade === undefined || accept === undefined || pass === undefined || admitted === undefined)
    return undefined;
  return { masquerade, accept, pass, admitted };
}
