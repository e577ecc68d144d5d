/**
 * How the host and a VM talk over one serial line: frames of many conversations, one after the other. This file is in the VM as well, so it imports nothing.
 *
 * A frame is 4 bytes of payload length, 4 bytes of conversation, 1 byte of kind, then the payload; numbers are big-endian.
 */

/** What a frame is about. From the host: `start` (JSON, StartRequest), `stdin` (empty: its end), `kill`. From the VM: `stdout`, `stderr`, `exit` (JSON, Exit). `hello` is answered by `hello`, with the same payload. */
export const KINDS = ["hello", "start", "stdin", "kill", "stdout", "stderr", "exit"] as const;
export type FrameKind = (typeof KINDS)[number];

export interface Frame {
  readonly conversation: number;
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

/** A command for the VM to run, as an argv: no shell takes it apart. */
export interface StartRequest {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How a command ended; `code` is null when a signal did it, `error` says why it never started. */
export interface Exit {
  readonly code: number | null;
  readonly error?: string;
}

/** Small enough that a conversation does not hold up the others for long. */
export const MOST_BYTES = 32 * 1024;
const HEADER_BYTES = 9;

/** A frame as bytes. Throws RangeError when the payload is longer than MOST_BYTES. Pure. */
export function encoded({ conversation, kind, payload }: Frame): Buffer {
  if (payload.length > MOST_BYTES) throw new RangeError(`frame of ${payload.length} bytes, at most ${MOST_BYTES}`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(payload.length, 0);
  header.writeUInt32BE(conversation, 4);
  header.writeUInt8(KINDS.indexOf(kind), 8);
  return Buffer.concat([header, payload]);
}

/** The payloads that carry `data`, each short enough for a frame; none for no data. Pure. */
export function pieces(data: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(data.length / MOST_BYTES);
  return Array.from({ length: count }, (_, index) => data.subarray(index * MOST_BYTES, (index + 1) * MOST_BYTES));
}

/** Takes bytes as they come and gives the frames that are whole by then. Throws when what comes is no frame: the line cannot be trusted from then on. */
export function frameReader(): (bytes: Uint8Array) => readonly Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const frames: Frame[] = [];
    while (rest.length >= HEADER_BYTES) {
      const length = rest.readUInt32BE(0);
      const kind = KINDS[rest.readUInt8(8)];
      if (length > MOST_BYTES || kind === undefined) throw new Error("the line carries something that is no frame");
      if (rest.length < HEADER_BYTES + length) break;
      frames.push({
        conversation: rest.readUInt32BE(4),
        kind,
        payload: rest.subarray(HEADER_BYTES, HEADER_BYTES + length),
      });
      rest = rest.subarray(HEADER_BYTES + length);
    }
    return frames;
  };
}
