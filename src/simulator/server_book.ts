/**
 * The servers of one cloud: those that stand, and those gone but still listed. Keeps the count of what is used
 * right at all times, because every look brings it up to date first. `CloudState` is its only writer.
 */
import type { Instant, Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { type SimulatedServer, updatedAt } from "./simulated_server.ts";

export interface ServerUse {
  instances: number;
  cores: number;
  /** MiB. */
  ram: number;
}

interface ServerGround {
  readonly clock: Clock;
  /** How long deleted servers are kept. */
  readonly goneLife: Milliseconds;
  /** Gives back what a server that went had. */
  release(server: SimulatedServer): void;
}

export class ServerBook {
  readonly #byId = new Map<string, SimulatedServer>();
  /** In order of creation. */
  readonly #standing = new Set<SimulatedServer>();
  /** In the order in which they went. */
  #gone: SimulatedServer[] = [];
  /** Standing servers with an end in sight. */
  readonly #ending = new Set<SimulatedServer>();
  readonly #use: ServerUse = { instances: 0, cores: 0, ram: 0 };
  readonly #ground: ServerGround;
  #deleted = 0;

  constructor(ground: ServerGround) {
    this.#ground = ground;
  }

  add(server: SimulatedServer): void {
    this.#byId.set(server.id, server);
    this.#standing.add(server);
    this.#count(server, 1);
    if (server.goneAt !== Infinity) this.#ending.add(server);
  }

  /** Must be called after a server's `goneAt` was set. */
  ends(server: SimulatedServer): void {
    this.#ending.add(server);
  }

  /** Moves what has gone by now from the standing to the gone. Every look does it first. */
  advance(): void {
    if (this.#ending.size === 0) return;
    const now = this.#ground.clock.now();
    const due = [...this.#ending].filter((server) => server.goneAt <= now);
    if (due.length === 0) return;
    due.sort((a, b) => a.goneAt - b.goneAt || a.sequence - b.sequence);
    for (const server of due) this.#bury(server);
    this.#forget(now - this.#ground.goneLife);
  }

  /** A server that stands, or is gone and still listed. */
  get(id: string): SimulatedServer | undefined {
    this.advance();
    return this.#byId.get(id);
  }

  /** The use of resources by the servers that stand. */
  use(): Readonly<ServerUse> {
    this.advance();
    return this.#use;
  }

  /** How many there ever were, how many of them went, and how many there are. */
  counts(): { created: number; deleted: number; standing: number } {
    this.advance();
    const standing = this.#standing.size;
    return { created: standing + this.#deleted, deleted: this.#deleted, standing };
  }

  /** Those there are, oldest first. */
  standing(): readonly SimulatedServer[] {
    this.advance();
    return [...this.#standing];
  }

  /** Those gone that are still listed, in the order in which they went. */
  gone(): readonly SimulatedServer[] {
    this.advance();
    return this.#gone;
  }

  /** Standing and gone that changed at `since` or later, oldest first. */
  changedSince(since: Instant): SimulatedServer[] {
    this.advance();
    const now = this.#ground.clock.now();
    const changed = [...this.#standing].filter((server) => updatedAt(server, now) >= since);
    for (let index = this.#gone.length - 1; index >= 0 && this.#gone[index]!.goneAt >= since; index--) {
      changed.push(this.#gone[index]!);
    }
    return changed.sort((a, b) => a.sequence - b.sequence);
  }

  #bury(server: SimulatedServer): void {
    this.#ending.delete(server);
    this.#standing.delete(server);
    if (server.traceless) this.#byId.delete(server.id);
    else this.#gone.push(server);
    this.#count(server, -1);
    this.#deleted++;
    this.#ground.release(server);
  }

  #forget(before: Instant): void {
    const keep = this.#gone.findIndex((server) => server.goneAt >= before);
    const dropped = keep === -1 ? this.#gone : this.#gone.slice(0, keep);
    if (dropped.length === 0) return;
    for (const server of dropped) this.#byId.delete(server.id);
    this.#gone = this.#gone.slice(dropped.length);
  }

  #count(server: SimulatedServer, sign: 1 | -1): void {
    this.#use.instances += sign;
    this.#use.cores += sign * server.flavor.vcpus;
    this.#use.ram += sign * server.flavor.ram;
  }
}
