/**
 * Reading a stream of bytes into buffers that the reader gives: a byte stream (`FsFile.readable`) fills them itself,
 * so that a reader that gives the same one each time needs no more memory; from any other stream they are copied.
 * `outflow` reads an image's data so, `streamed_request` what goes to the socket.
 */

/** Bytes read and sent at once: larger pieces are hardly faster, smaller ones cost more than they carry. */
export const PIECE_SIZE = 256 * 1024;

export interface ByteSource {
  /**
   * Fills the view; resolves a view on the same memory, which may be shorter, but empty at the end only. The view given
   * is of no use any more.
   */
  read(view: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends a read in progress as well. */
  cancel(reason: unknown): Promise<void>;
}

/** @throws TypeError when somebody else reads the stream already */
export function openByteSource(stream: ReadableStream<Uint8Array>): ByteSource {
  const reader = byobReaderOf(stream);
  if (reader === null) return copySource(stream.getReader());
  return {
    async read(view) {
      const { value } = await reader.read(view);
      return value as Uint8Array<ArrayBuffer> | undefined ?? new Uint8Array();
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/** null where the stream is no byte stream. */
function byobReaderOf(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  if (stream.locked) throw new TypeError("the data is already being read");
  try {
    return stream.getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

function copySource(reader: ReadableStreamDefaultReader<Uint8Array>): ByteSource {
  let rest: Uint8Array = new Uint8Array();
  return {
    async read(view) {
      let filled = 0;
      while (filled < view.byteLength) {
        if (rest.byteLength === 0) {
          const { value, done } = await reader.read();
          if (done) break;
          rest = value;
        }
        const piece = rest.subarray(0, view.byteLength - filled);
        view.set(piece, filled);
        filled += piece.byteLength;
        rest = rest.subarray(piece.byteLength);
      }
      return view.subarray(0, filled);
    },
    cancel: (reason) => reader.cancel(reason),
  };
}
