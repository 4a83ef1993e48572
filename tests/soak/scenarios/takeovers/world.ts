/** Two or three machines of one pool, their etcd, their cloud, and a witness of what they ask of it. */
import { serverMetadata } from "../../../../src/domain/server_marks.ts";
import { type Milliseconds, SECOND } from "../../../../src/domain/time.ts";
import { seededRandom } from "../../../../src/lib/random.ts";
import { planByChance, ScriptedEtcd } from "../../../machines/scripted_etcd.ts";
import { VirtualPool } from "../../../scenarios/virtual_pool.ts";
import { ObservedRun } from "../observed_run.ts";
import { type PoolKind, poolKinds } from "../never_deleted/pool_kind.ts";
import { Witness } from "../never_deleted/witness.ts";
import { Machine } from "./machine.ts";
import { foreignServer } from "../../../scenarios/foreign_server.ts";

const kinds: readonly PoolKind[] = ["plain", "floating IPs", "plain", "subnodes", "images"];

/** Nodes that are kept ready. */
export const MIN_READY = 2;

export class World extends ObservedRun implements AsyncDisposable {
  readonly base: VirtualPool;
  readonly clock;
  readonly etcd: ScriptedEtcd;
  readonly machines: readonly Machine[];
  readonly witness: Witness;
  readonly over = new AbortController();
  /** The only one. */
  readonly label: string;
  /** Why a client was last refused, for whoever looks into a violation. */
  lastRefusal = "";
  readonly #asked = new Set<string>();

  constructor(seed: number) {
    const kind = kinds[seed % kinds.length]!;
    const config = poolKinds[kind](MIN_READY);
    const base = VirtualPool.idle({ config, random: seed, clouds: [{ bootTime: 8 * SECOND }] });
    super(base.clock);
    this.base = base;
    this.label = kind === "images" ? "noble" : "small";
    this.clock = base.clock;
    this.etcd = new ScriptedEtcd({ clock: this.clock });
    const around = {
      beside: base,
      etcd: this.etcd,
      config,
      seed,
      tell: (what: string) => this.tell(what),
      violate: (how: string) => void this.witness.violations.push(how),
    };
    const names = ["alpha", "beta", "gamma"].slice(0, 2 + seed % 2);
    this.machines = names.map((name) => new Machine(name, around));
    this.witness = new Witness(base.simulator, () => {
      const pool = this.leader?.pool ?? null;
      return pool === null ? [] : [pool];
    });
    this.#watchCreations();
  }

  /** The machine that etcd says leads, and that knows it. */
  get leader(): Machine | null {
    return this.machines.find((machine) => machine.leads && machine.pool !== null) ?? null;
  }

  /** From now on requests to etcd have bad luck, by the seed. */
  troubleEtcd(seed: number): void {
    this.etcd.plan = planByChance(seededRandom(seed), { delayed: 0.2, lost: 0.06, repeated: 0.04 });
  }

  /** Lets time pass. @throws Violation */
  async pass(time: Milliseconds): Promise<void> {
    for (const end = this.clock.now() + time; this.clock.now() < end;) {
      await this.clock.advance(Math.min(SECOND, end - this.clock.now()));
      if (this.machines.filter(({ isSure }) => isSure).length > 1) this.fail("two are sure to lead");
      this.check();
    }
  }

  async until(
    condition: () => boolean,
    { within, why }: { within: Milliseconds; why: () => string },
  ): Promise<void> {
    const end = this.clock.now() + within;
    while (!condition()) {
      if (this.clock.now() >= end) this.fail(why());
      await this.pass(SECOND);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over.abort(new Error("the play is over"));
    let isOver = false;
    const ending = Promise.all(this.machines.map((machine) => machine.end())).finally(() => isOver = true);
    await this.clock.advanceUntil(() => isOver, { within: 600 * SECOND, step: SECOND });
    await ending;
    await this.base[Symbol.asyncDispose]();
  }

  /** A server that is somebody else's, with marks of another pool or without. */
  makeForeign(installation: string | null): void {
    const marks = { nodeId: 1, image: "debian", provider: "main" };
    const metadata = installation === null ? {} : serverMetadata({ ...marks, installation });
    const { id } = foreignServer(this.base.simulator, { metadata });
    this.witness.foreign.add(id);
  }

  /** No node is asked of a cloud twice, whoever leads. */
  #watchCreations(): void {
    const { simulator } = this.base;
    const answer = simulator.answer.bind(simulator);
    simulator.answer = async (request) => {
      const isCreation = request.method === "POST" && request.url.endsWith("/servers");
      if (isCreation) this.#see(JSON.parse(request.body as string));
      return await answer(request);
    };
  }

  #see({ server: { name } }: { server: { name: string } }): void {
    if (this.#asked.has(name)) this.witness.violations.push(`${name} was asked for twice`);
    this.#asked.add(name);
  }
}
