/**
 * The answer of a server that refuses a long body in its middle. It answers and closes without reading the rest, so
 * that our next write fails; and a socket whose write failed is thrown away, with the answer unread in it.
 * `streamed_request` treats its sockets so.
 */
import type { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;

/** The errors of writing to a connection that the other side closed. */
const CLOSED_BY_PEER = new Set(["EPIPE", "ECONNRESET"]);

/**
 * Lets everything be read from the socket that came before the other side closed. The write that failed never ends
 * then; the end of what can be read ends the request instead, at once.
 */
export function rescueAnswer(socket: Duplex): void {
  const { _write: write, _writev: writev, destroy } = socket;
  socket._write = (chunk, encoding, done) => write.call(socket, chunk, encoding, withholding(done));
  socket._writev = (chunks, done) => writev!.call(socket, chunks, withholding(done));
  socket.destroy = (error) => {
    // A reset can come before what was read ahead of it has been looked at.
    if (isClosedByPeer(error) && !socket.destroyed && socket.readableLength > 0) socket.emit("readable");
    return destroy.call(socket, error);
  };
}

function withholding(done: Done): Done {
  return (error) => isClosedByPeer(error) || done(error);
}

function isClosedByPeer(error: Error | null | undefined): boolean {
  return CLOSED_BY_PEER.has(String((error as { code?: unknown } | null | undefined)?.code));
}
