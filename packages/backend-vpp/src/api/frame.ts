/** Frames of VPP's socket transport: a header of 16 bytes that tells the length of the message behind it (vlibmemory/socket_api.c). */
import { VppError } from '../vpp-error';

/** Bytes of a frame's header: eight that nobody reads, the length, four that nobody reads. */
export const HEADER_BYTES = 16;
const LENGTH_OFFSET = 8;
/** The largest answer seen of a real VPP has 1.8 MB; what claims more than this is no frame. */
const LARGEST_BODY = 64 * 1024 * 1024;

/** Writes the header of a frame. */
export function writeHeader(bytes: Buffer, at: number, bodyLength: number): void {
  bytes.fill(0, at, at + HEADER_BYTES);
  bytes.writeUInt32BE(bodyLength, at + LENGTH_OFFSET);
}

/** A message in its frame. */
export function frameOf(body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  writeHeader(frame, 0, body.length);
  body.copy(frame, HEADER_BYTES);
  return frame;
}

/** Puts frames together from the pieces that a socket hands out. */
export class FrameReader {
  private pieces: Buffer[] = [];
  private length = 0;

  constructor(private readonly largestBody = LARGEST_BODY) {}

  /**
   * The bodies that are complete by now, each valid as long as it is kept.
   * @throws VppError PP_VPP_API_REPLY for a length that no message has; nothing can be read after it
   */
  *push(piece: Buffer): Iterable<Buffer> {
    this.pieces.push(piece);
    this.length += piece.length;
    for (;;) {
      if (this.length < HEADER_BYTES) return;
      const bodyLength = this.gather(HEADER_BYTES).readUInt32BE(LENGTH_OFFSET);
      if (bodyLength > this.largestBody) throw tooLong(bodyLength, this.largestBody);
      const frameLength = HEADER_BYTES + bodyLength;
      if (this.length < frameLength) return;
      const frame = this.gather(frameLength);
      this.drop(frameLength);
      yield frame.subarray(HEADER_BYTES, frameLength);
    }
  }

  /** The first piece, made to hold at least that many bytes. */
  private gather(count: number): Buffer {
    const [first] = this.pieces;
    if (first !== undefined && first.length >= count) return first;
    const whole = Buffer.concat(this.pieces);
    this.pieces = [whole];
    return whole;
  }

  private drop(count: number): void {
    const [first, ...rest] = this.pieces;
    this.length -= count;
    if (first === undefined) return;
    this.pieces = first.length === count ? rest : [first.subarray(count), ...rest];
  }
}

function tooLong(length: number, most: number): VppError {
  return new VppError('PP_VPP_API_REPLY', `VPP announces a message of ${length} bytes, more than ${most}`, {
    isRetriable: true,
  });
}
