/**
 * A machine on which a service manager keeps a daemon running: a process that campaigns, opens the state in etcd once it
 * leads, and runs the pool until it leads no more, is killed, or resigns. Then it is started again.
 */
import { SECOND } from "../../../../src/domain/time.ts";
import { campaign } from "../../../../src/lead/campaign.ts";
import type { HeldLeadership } from "../../../../src/lead/held_leadership.ts";
import type { SendRequest } from "../../../../src/http/send.ts";
import { seededRandom } from "../../../../src/lib/random.ts";
import { openEtcdStore } from "../../../../src/store/etcd/etcd_store.ts";
import { keys, recordOf } from "../../../lead/campaigning.ts";
import type { ScriptedEtcd } from "../../../machines/scripted_etcd.ts";
import { VirtualPool, type VirtualPoolOptions } from "../../../scenarios/virtual_pool.ts";
import { Process } from "./process.ts";

/** Until a service manager starts again what has ended. */
const RESTART = 2 * SECOND;

interface Surroundings {
  /** Its clock and clouds are every machine's. */
  readonly beside: VirtualPool;
  readonly etcd: ScriptedEtcd;
  readonly config: VirtualPoolOptions["config"];
  readonly seed: number;
  tell(what: string): void;
  violate(how: string): void;
}

export class Machine {
  readonly name: string;
  readonly #around: Surroundings;
  #process: Process;
  #pool: VirtualPool | null = null;
  #held: HeldLeadership | null = null;
  #resigning = Promise.withResolvers<void>();
  #isOff = false;
  #lives = 0;
  readonly #running: Promise<void>;

  constructor(name: string, around: Surroundings) {
    this.name = name;
    this.#around = around;
    this.#process = new Process(around.beside.clock);
    this.#running = this.#run();
  }

  /** Of a daemon that has the pool running; null: it has not. */
  get pool(): VirtualPool | null {
    return this.#process.isKilled ? null : this.#pool;
  }

  get process(): Process {
    return this.#process;
  }

  get isSure(): boolean {
    return !this.#process.isKilled && this.#held?.isSure === true;
  }

  /** Whether etcd has it as the leader. */
  get leads(): boolean {
    const { entries: [leader] } = this.#around.etcd.server.range({ key: keys.leader });
    return leader !== undefined && leader.createRevision === this.#held?.token;
  }

  resign(): void {
    this.#resigning.resolve();
  }

  /** Nothing starts again there. */
  async end(): Promise<void> {
    this.#isOff = true;
    this.#process.kill();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { beside: { clock }, tell } = this.#around;
    while (!this.#isOff) {
      const process = this.#process;
      try {
        await this.#live(process);
      } catch (error) {
        if (!process.isKilled) tell(`${this.name} ends: ${error instanceof Error ? error.message : error}`);
      }
      this.#pool = null;
      this.#held = null;
      process.kill();
      if (this.#isOff) return;
      await clock.sleep(RESTART);
      this.#process = new Process(clock);
    }
  }

  /** A process that is stopped right then may send it much later. */
  async #send(process: Process, request?: SendRequest): Promise<void> {
    const isLook = request === undefined || request.method === "GET" || request.url.endsWith("/auth/tokens");
    if (!isLook && !process.isKilled && !this.isSure) {
      this.#around.violate(`${this.name} sends ${request.method} ${request.url}, not sure to lead`);
    }
    await process.pass();
  }

  async #live(process: Process): Promise<void> {
    const { beside, config, etcd: world, seed, tell } = this.#around;
    const random = seededRandom(seed * 1_000 + this.name.charCodeAt(0) * 100 + ++this.#lives);
    const etcd = process.reach(world.client(this.name));
    this.#resigning = Promise.withResolvers();
    await using held = await campaign(etcd, {
      keys,
      record: recordOf(this.name),
      clock: process.clock,
      signal: process.signal,
    });
    tell(`${this.name} leads`);
    this.#held = held;
    const { clock } = process;
    await using store = await openEtcdStore(etcd, {
      address: "etcd:http://etcd.invalid:2379/ci",
      keys,
      leadership: held,
      clock,
      random,
      witness: null,
    });
    const pool = VirtualPool.idle({
      beside,
      config,
      store,
      process: { clock, pass: (request) => this.#send(process, request) },
      random: random.integer(1_000_000),
      machines: { etcd, keys, leadership: held, self: recordOf(this.name) },
    });
    await pool.beginPool();
    this.#pool = pool;
    const killed = new Promise<string>((resolve) =>
      process.signal.addEventListener("abort", () => resolve("it is killed"))
    );
    const why = await Promise.race([
      held.lost.then(({ message }) => message),
      pool.pool.stateLost.then(({ message }) => message),
      killed,
      this.#resigning.promise.then(() => "it resigns"),
    ]);
    tell(`${this.name} leads no more: ${why}`);
    await pool.endPool();
  }
}
