/**
 * The conversation of a SUB socket with one publisher over one connection: greeting, handshake, a subscription to
 * everything; then it listens. Whatever breaks the protocol ends the connection.
 */
import type { Clock } from "../../lib/clock.ts";
import { ByteQueue } from "../byte_queue.ts";
import type { Conversation, Peer } from "../link.ts";
import {
  decodeCommand,
  decodeProperties,
  encodeCommand,
  encodeFrame,
  encodeProperties,
  type Frame,
  MAX_MESSAGE,
  takeFrame,
} from "./frame.ts";
import { type Agreement, ZmtpGreeting } from "./greeting.ts";

/** The frames of one message, at least one. */
export type Message = readonly Uint8Array[];

/** More frames than any publisher of events sends in one message. */
const MAX_FRAMES = 1024;
/** A message to the publisher that begins so asks for all whose beginning is what follows: here nothing. */
const SUBSCRIPTION = Uint8Array.of(1);
/** How long the peer may be without us, in tenths of a second: no matter. */
const NO_LIMIT = Uint8Array.of(0, 0);

export class SubscriberConversation implements Conversation {
  readonly #peer: Peer;
  readonly #clock: Clock;
  readonly #onMessage: (message: Message) => void;
  readonly #queue = new ByteQueue();
  readonly #greeting: ZmtpGreeting;
  #agreement: Agreement | null = null;
  /** Whether the handshake is over. */
  #subscribed = false;
  /** Frames of a message that is not all there, and how many bytes they have. */
  #frames: Uint8Array[] = [];
  #size = 0;
  awaitingSince: number | null;

  constructor(peer: Peer, { clock, onMessage }: { clock: Clock; onMessage: (message: Message) => void }) {
    this.#peer = peer;
    this.#clock = clock;
    this.#onMessage = onMessage;
    this.awaitingSince = clock.monotonic();
    this.#greeting = new ZmtpGreeting((bytes) => peer.send(bytes));
  }

  receive(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    const agreement = this.#agreement ??= this.#agree();
    if (agreement === null) return;
    const next = () => takeFrame(this.#queue, agreement.framing);
    for (let frame = next(); frame !== null; frame = next()) this.#take(frame, agreement);
  }

  /** Only 3.1 can ask. Others get the subscription again: so the system notices a publisher that is gone. */
  probe(): void {
    if (this.#agreement?.version !== "3.1") return this.#subscribe();
    this.awaitingSince = this.#clock.monotonic();
    this.#sendCommand("PING", NO_LIMIT);
  }

  end(): void {}

  /** The version that both speak; the handshake's first word follows at once. */
  #agree(): Agreement | null {
    const agreement = this.#agreement = this.#greeting.read(this.#queue);
    if (agreement === null) return null;
    if (hasCommands(agreement)) this.#sendCommand("READY", encodeProperties({ "Socket-Type": "SUB" }));
    else if (agreement.version === "2.0") this.#send(new Uint8Array());
    return agreement;
  }

  #take(frame: Frame, agreement: Agreement): void {
    if (frame.command && !hasCommands(agreement)) {
      throw new Error("it sent a command, which its version does not have");
    }
    if (!this.#subscribed) this.#takeHandshake(frame, agreement);
    else if (frame.command) this.#takeCommand(frame);
    else this.#takePart(frame);
  }

  /** Older peers name themselves in the first frame; SUB sockets have no use for the name. */
  #takeHandshake(frame: Frame, agreement: Agreement): void {
    if (hasCommands(agreement)) checkReady(frame);
    this.#subscribed = true;
    this.awaitingSince = null;
    this.#subscribe();
    this.#peer.establish();
  }

  #takeCommand({ body }: Frame): void {
    const { name, data } = decodeCommand(body);
    if (name === "PING") this.#sendCommand("PONG", data.subarray(NO_LIMIT.length));
    else if (name === "PONG") this.awaitingSince = null;
    else if (name === "ERROR") throw refusalIn(data);
  }

  #takePart({ body, more }: Frame): void {
    this.#frames.push(body);
    this.#size += body.length;
    if (this.#size > MAX_MESSAGE) throw new Error(`it sent a message of over ${MAX_MESSAGE} bytes`);
    if (this.#frames.length > MAX_FRAMES) throw new Error(`it sent a message of over ${MAX_FRAMES} frames`);
    if (more) return;
    const message = this.#frames;
    this.#frames = [];
    this.#size = 0;
    this.#onMessage(message);
  }

  /** Publishers of version 1.0 take no subscriptions: they send everything. */
  #subscribe(): void {
    const version = this.#agreement?.version;
    if (version === "3.1") this.#sendCommand("SUBSCRIBE");
    else if (version !== "1.0") this.#send(SUBSCRIPTION);
  }

  #send(body: Uint8Array): void {
    this.#peer.send(encodeFrame(body, { framing: this.#agreement!.framing }));
  }

  #sendCommand(name: string, data?: Uint8Array): void {
    this.#peer.send(encodeFrame(encodeCommand(name, data), { framing: 2, command: true }));
  }
}

/** Whether the version has a handshake with READY. */
function hasCommands({ version }: Agreement): boolean {
  return version === "3.0" || version === "3.1";
}

/** @throws Error where the frame is not the READY of a publisher */
function checkReady({ body, command }: Frame): void {
  if (!command) throw new Error("it sent a message before the end of the handshake");
  const { name, data } = decodeCommand(body);
  if (name === "ERROR") throw refusalIn(data);
  if (name !== "READY") throw new Error(`it sent the command ${JSON.stringify(name)} instead of READY`);
  const type = decodeProperties(data).get("socket-type");
  if (type !== "PUB" && type !== "XPUB") {
    throw new Error(`its socket type ${JSON.stringify(type ?? "")} publishes nothing`);
  }
}

/** @param data a length and the reason */
function refusalIn(data: Uint8Array): Error {
  return new Error(`it refused: ${new TextDecoder().decode(data.subarray(1)) || "no reason given"}`);
}
