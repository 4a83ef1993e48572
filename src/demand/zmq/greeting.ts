/**
 * How two ZeroMQ sockets find out which protocol both speak. Ours is ZMTP 3.1; it is offered piece by piece, each piece
 * when what came so far allows it, so that 3.0, 2.0 (libzmq 3, JeroMQ 0.3) and 1.0 (libzmq 2) are understood too.
 * https://rfc.zeromq.org/spec/37/, /23/, /15/ and /13/ say how.
 */
import { type ByteQueue } from "../byte_queue.ts";
import type { Framing } from "./frame.ts";
import { concatenated } from "../../lib/concatenated.ts";

type ZmtpVersion = "1.0" | "2.0" | "3.0" | "3.1";

export interface Agreement {
  readonly version: ZmtpVersion;
  readonly framing: Framing;
}

/** Peers of version 1.0 take it for a frame: their greeting. */
const SIGNATURE = Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f);
const SIZE_2_0 = 12;
const SIZE_3 = 64;
const [MAJOR, MINOR] = [3, 1];
/** Numbers of socket types in 2.0. */
const [PUB, SUB, XPUB] = [1, 2, 9];
const MECHANISM = new TextEncoder().encode("NULL".padEnd(20, "\0"));
/** Whether we are the server side of a mechanism, which NULL has not, and what fills the greeting up. */
const FILLER = new Uint8Array(32);

export class ZmtpGreeting {
  readonly #send: (bytes: Uint8Array) => void;
  /** How many pieces of ours have been sent. */
  #sent = 0;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
    this.#sendOnce(1, SIGNATURE);
  }

  /** Takes the peer's greeting out of the queue; null: more of it is to come. @throws Error where there is no agreement */
  read(queue: ByteQueue): Agreement | null {
    if (queue.length === 0) return null;
    if (queue.at(0) !== 0xff) return { version: "1.0", framing: 1 };
    if (queue.length < SIGNATURE.length) return null;
    // A long frame of version 1.0 has its flags there, which are even.
    if ((queue.at(9) & 1) === 0) return { version: "1.0", framing: 1 };
    this.#sendOnce(2, Uint8Array.of(MAJOR));
    if (queue.length === SIGNATURE.length) return null;
    return queue.at(10) < 2 ? this.#read2(queue) : this.#read3(queue);
  }

  #read2(queue: ByteQueue): Agreement | null {
    this.#sendOnce(3, Uint8Array.of(SUB));
    if (queue.length < SIZE_2_0) return null;
    const [revision, type] = [queue.at(10), queue.at(11)];
    if (type !== PUB && type !== XPUB) throw new Error(`its socket type ${type} publishes nothing`);
    queue.drop(SIZE_2_0);
    return { version: "2.0", framing: revision === 0 ? 1 : 2 };
  }

  #read3(queue: ByteQueue): Agreement | null {
    this.#sendOnce(3, concatenated([Uint8Array.of(MINOR), MECHANISM, FILLER]));
    if (queue.length < SIZE_3) return null;
    const greeting = queue.take(SIZE_3);
    const mechanism = new TextDecoder().decode(greeting.subarray(12, 32)).replace(/\0+$/, "");
    if (mechanism !== "NULL") {
      throw new Error(`it requires the mechanism ${JSON.stringify(mechanism)}, not NULL`);
    }
    return { version: greeting[10]! > MAJOR || greeting[11]! >= MINOR ? "3.1" : "3.0", framing: 2 };
  }

  #sendOnce(piece: number, bytes: Uint8Array): void {
    if (this.#sent >= piece) return;
    this.#sent = piece;
    this.#send(bytes);
  }
}
