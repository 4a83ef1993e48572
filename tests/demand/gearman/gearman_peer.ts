/** Another client or worker of a real Gearman server, on the codec under test. */
import { encodePacket, type Packet, type PacketType } from "../../../src/demand/gearman/packet.ts";
import { GearmanReader, type Unit } from "../../../src/demand/gearman/reader.ts";
import { dialTcp } from "../../../src/demand/tcp_wire.ts";
import type { Address, Wire } from "../../../src/demand/wire.ts";

const decoder = new TextDecoder();

export class GearmanPeer implements AsyncDisposable {
  readonly #wire: Wire;
  readonly #reading: Promise<void>;
  /** Called with all that the server says. */
  onUnit: (unit: Unit) => void = () => {};

  private constructor(wire: Wire) {
    this.#wire = wire;
    this.#reading = this.#read().catch(() => {});
  }

  static async connect(address: Address): Promise<GearmanPeer> {
    return new GearmanPeer(await dialTcp(address, { signal: new AbortController().signal }));
  }

  send(type: PacketType, ...args: string[]): void {
    this.#wire.send(encodePacket("REQ", { type, args }));
  }

  /** Resolves when the server has answered to all that was sent so far. */
  async settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { onUnit } = this;
    this.onUnit = (unit) => {
      if (unit.kind !== "packet" || unit.packet.type !== "ECHO_RES") return onUnit(unit);
      this.onUnit = onUnit;
      resolve();
    };
    this.send("ECHO_REQ", "settled");
    await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wire[Symbol.dispose]();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const reader = new GearmanReader();
    for (let bytes = await this.#wire.read(); bytes !== null; bytes = await this.#wire.read()) {
      for (const unit of reader.read(bytes)) this.onUnit(unit);
    }
  }
}

/** What a worker does with a job: the packets that it sends for it, without the handle. */
export type Handler = (
  job: { name: string; argument: string },
) => readonly [PacketType, ...string[]][];

interface Worker extends AsyncDisposable {
  /** Jobs that it was given, as `NAME ARGUMENT`. */
  readonly jobs: readonly string[];
}

/** A worker that takes one job after the other. */
export async function startWorker(
  address: Address,
  { functions, handle }: { functions: readonly string[]; handle: Handler },
): Promise<Worker> {
  const peer = await GearmanPeer.connect(address);
  const jobs: string[] = [];
  const work = ({ args }: Packet) => {
    const [handleName = "", name = "", argument = ""] = args.map((arg) => decoder.decode(arg));
    jobs.push(`${name} ${argument}`);
    for (const [type, ...rest] of handle({ name, argument })) peer.send(type, handleName, ...rest);
    peer.send("GRAB_JOB");
  };
  peer.onUnit = (unit) => {
    if (unit.kind !== "packet") return;
    if (unit.packet.type === "JOB_ASSIGN") work(unit.packet);
    else if (unit.packet.type === "NO_JOB") peer.send("PRE_SLEEP");
    else if (unit.packet.type === "NOOP") peer.send("GRAB_JOB");
  };
  for (const name of functions) peer.send("CAN_DO", name);
  peer.send("GRAB_JOB");
  await peer.settled();
  return { jobs, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() };
}
