/**
 * Carries out a schedule on a pool with clients, an operator, strangers in its project and a machine that is not to be
 * trusted; then all faults end, and the pool has to recover. What happened is written down, for whoever has to
 * understand a violation.
 */
import { ControlError } from "../../../src/control/pool_control.ts";
import { type NodeRecord, serverIdOf, stateName } from "../../../src/domain/node.ts";
import { RUN_KEY, serverMetadata } from "../../../src/domain/server_marks.ts";
import { durationText, HOUR, type Milliseconds, MINUTE, SECOND } from "../../../src/domain/time.ts";
import type { Pool } from "../../../src/pool.ts";
import type { SimulatedServer } from "../../../src/simulator/simulated_server.ts";
import type { Store } from "../../../src/store/store.ts";
import { copyMemoryStore } from "../../../src/store/memory_store.ts";
import { VirtualPool } from "../virtual_pool.ts";
import { type Action, actionText, type MetadataEdit, type Schedule } from "./schedule.ts";
import { type PoolKind, poolKinds } from "./pool_kind.ts";
import { type Job, Witness } from "./witness.ts";

type ActionOf<Type extends Action["type"]> = Extract<Action, { type: Type }>;

/** Within that, a pool without faults hands out nodes again, and has no more leaks. */
const RECOVERY = 40 * MINUTE;

export interface Outcome {
  /** null: all was as it should be. */
  readonly violation: string | null;
  readonly log: readonly string[];
}

/** Carries out a schedule from a new pool on; the same seed and schedule have the same outcome. */
export async function play(
  schedule: Schedule,
  { seed, kind }: { seed: number; kind: PoolKind },
): Promise<Outcome> {
  await using stage = await Stage.open({ seed, kind });
  return await stage.play(schedule);
}

class Stage implements AsyncDisposable {
  readonly #kind: PoolKind;
  readonly #seed: number;
  readonly #one: VirtualPool;
  readonly #witness: Witness;
  readonly #startedAt;
  readonly #log: string[] = [];
  readonly #copies: Store[] = [];
  /** Clients that wait, and faults that end by themselves. */
  readonly #under: Promise<void>[] = [];
  readonly #over = new AbortController();
  #two: VirtualPool | null = null;
  #isDown = false;
  #minReady = 2;
  #foreignCount = 0;

  static async open({ seed, kind }: { seed: number; kind: PoolKind }): Promise<Stage> {
    const config = poolKinds[kind](2);
    const one = await VirtualPool.start({ config, random: seed });
    const isFull = () => one.count("ready") >= 2;
    await one.clock.advanceUntil(isFull, { within: HOUR, step: SECOND });
    const stage = new Stage(one, { seed, kind });
    stage.#acquire(2);
    await one.clock.advanceUntil(() => isFull() && stage.#witness.jobs.size === 2, {
      within: HOUR,
      step: SECOND,
    });
    return stage;
  }

  private constructor(one: VirtualPool, { seed, kind }: { seed: number; kind: PoolKind }) {
    this.#one = one;
    this.#seed = seed;
    this.#kind = kind;
    this.#startedAt = one.clock.now();
    this.#witness = new Witness(one.simulator, () => this.#pools());
  }

  async play(schedule: Schedule): Promise<Outcome> {
    try {
      for (const { after, action } of schedule) {
        await this.#pass(after);
        this.#tell(`— ${actionText(action)}`);
        await this.#carryOut(action);
        await this.#pass(0);
      }
      await this.#recover();
    } catch (error) {
      const violation = error instanceof Violation ? error.message : (error as Error).stack ?? `${error}`;
      return { violation, log: this.#log };
    }
    return { violation: null, log: this.#log };
  }

  /** @throws Violation */
  async #pass(time: Milliseconds): Promise<void> {
    await this.#one.clock.advance(time);
    this.#check();
  }

  #check(): void {
    const [violation] = this.#witness.violations;
    if (violation !== undefined) this.#fail(violation);
  }

  #fail(violation: string): never {
    this.#tell(violation);
    throw new Violation(violation);
  }

  #tell(what: string): void {
    const at = durationText(this.#one.clock.now() - this.#startedAt);
    this.#log.push(`t+${at} ${what}`);
  }

  #pools(): readonly VirtualPool[] {
    return [...(this.#isDown ? [] : [this.#one]), ...(this.#two === null ? [] : [this.#two])];
  }

  async #carryOut(action: Action): Promise<void> {
    switch (action.type) {
      case "faults":
        return this.#arm(action);
      case "acquire":
        return this.#acquire(action.count);
      case "release":
        return await this.#release(pick([...this.#witness.jobs], action.which), action.failed);
      case "hold":
        return await this.#hold(action.which);
      case "delete":
        return await this.#delete(action.which);
      case "wall":
        return this.#one.clock.stepWall(action.by);
      case "edit":
        return this.#edit(action);
      case "foreign":
        this.#makeForeign(action.marks);
        return;
      case "vanish":
        return this.#vanish(action.which);
      case "floating-ip":
        return this.#moveFloatingIp(action);
      case "copy":
        this.#copies.push(this.#one.copyState());
        return;
      case "restore":
        return await this.#restore(action.which);
      case "crash":
        return await this.#crash(action);
      case "second":
        return await this.#startSecond(action.time);
      case "reconfigure":
        this.#minReady = action.minReady;
        return await this.#configure();
      case "image":
        return await this.#changeImages(action.what);
    }
  }

  #arm({ faults, probability, time }: ActionOf<"faults">): void {
    const { simulator } = this.#one;
    const armed = faults.map((fault) => simulator.arm({ fault, probability }));
    this.#later(time, () => {
      for (const { id } of armed) simulator.disarm(id);
    });
  }

  #later(time: Milliseconds, then: () => void | Promise<void>): void {
    const slept = this.#one.clock.sleep(time, { signal: this.#over.signal });
    this.#under.push(slept.then(then, () => {}));
  }

  /** A client asks for nodes, and waits for as long as this daemon lives. */
  #acquire(count: number): void {
    this.#under.push(this.#take(this.#one.pool, count).then(() => {}));
  }

  async #take(pool: Pool, count: number): Promise<boolean> {
    const spec = { label: this.#label, count, job: null, client: null, deadline: null };
    try {
      const { id } = await pool.createRequest(spec);
      const nodes = await pool.waitForGrant(id, { signal: this.#over.signal });
      await pool.confirmGrant(id);
      for (const node of nodes) this.#begin(node, pool);
      return true;
    } catch (error) {
      if (!(error instanceof ControlError) && !this.#over.signal.aborted) throw error;
      this.#tell(`a client goes without nodes: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  }

  #begin(node: NodeRecord, pool: Pool): void {
    const subnodes = pool.report().nodes.filter(({ parentId }) => parentId === node.id);
    const all = [node, ...subnodes];
    const serverIds = all.flatMap((each) => serverIdOf(each) ?? []);
    const floatingIpIds = all.flatMap(({ floatingIp }) => floatingIp?.id ?? []);
    this.#tell(`a client has node ${node.id}, server ${serverIds.join(", ")}`);
    this.#witness.take({ nodeId: node.id, serverIds, floatingIpIds });
  }

  get #label(): string {
    return this.#one.pool.report().config!.labels[0]!.name;
  }

  /** A client looks whether the node of that id is its own, as far as the pool still knows it, and gives it back. */
  async #release(job: Job | null, failed: boolean): Promise<void> {
    if (job === null) return;
    this.#witness.jobs.delete(job);
    this.#tell(`the client of node ${job.nodeId} is done`);
    const node = this.#nodes().find(({ id }) => id === job.nodeId);
    if (node === undefined || serverIdOf(node) !== job.serverIds[0]) return;
    // Who had held it was forgotten with the newer state: all that it knows is that the node may be in use.
    if (node.hold?.mayBeInUse) this.#witness.held.delete(job.serverIds[0]!);
    const end = { result: failed ? "FAILURE" as const : "SUCCESS" as const, job: null };
    await this.#one.during(this.#one.pool.releaseNodes([job.nodeId], end));
  }

  /** Nodes of the pool with a server that is not about to go. */
  #nodes(): readonly NodeRecord[] {
    return this.#one.pool.report().nodes.filter((node) =>
      serverIdOf(node) !== null && stateName(node) !== "delete"
    );
  }

  async #hold(which: number): Promise<void> {
    const node = pick(this.#nodes().filter(({ role }) => role === "node"), which);
    if (node === null) return;
    const hold = { reason: "to be looked at", owner: "ada", duration: null };
    const [outcome] = await this.#one.during(this.#one.pool.holdNodes([node.id], hold));
    this.#tell(`node ${node.id}, server ${serverIdOf(node)}: ${outcome!.message}`);
    if (outcome!.ok) this.#witness.held.add(serverIdOf(node)!);
  }

  async #delete(which: number): Promise<void> {
    const node = pick(this.#nodes().filter(({ role }) => role === "node"), which);
    if (node !== null) await this.#deleteNode(node);
  }

  async #deleteNode({ id, ...node }: NodeRecord): Promise<void> {
    const serverId = serverIdOf({ id, ...node })!;
    const job = this.#witness.jobOf(serverId);
    if (job !== undefined) this.#witness.jobs.delete(job);
    this.#witness.held.delete(serverId);
    this.#tell(`the operator deletes node ${id}, server ${serverId}`);
    await this.#one.during(this.#one.pool.deleteNodes([id], { comment: "not needed" }));
  }

  #edit({ which, to }: ActionOf<"edit">): void {
    const nodes = this.#nodes();
    const node = pick(nodes, which);
    if (node === null || !this.#one.exists(serverIdOf(node)!)) return;
    const server = this.#one.serverOf(node);
    server.metadata = this.#editedMarks(server, to, nodes.find(({ id }) => id !== node.id)?.id ?? node.id);
    server.touchedAt = this.#one.clock.now();
    const floatingIps = server.ports.flatMap(({ floatingIp }) => floatingIp?.id ?? []);
    for (const id of [server.id, ...floatingIps]) this.#witness.edited.add(id);
    this.#tell(`server ${server.id} of node ${node.id}: ${JSON.stringify(server.metadata)}`);
  }

  #editedMarks({ metadata }: SimulatedServer, to: MetadataEdit, other: number): Record<string, string> {
    const { id: installation } = this.#one.store.installation;
    const naming = (nodeId: number, provider = "main") =>
      serverMetadata({ installation, nodeId, image: "debian", provider, run: metadata[RUN_KEY] ?? null });
    const newest = Math.max(...this.#one.pool.report().nodes.map(({ id }) => id));
    switch (to) {
      case "an ended node":
        return naming(this.#anEnded());
      case "another node":
        return naming(other);
      case "a node to come":
        return naming(newest + 1);
      case "a node that never was":
        return naming(newest + 900);
      case "another provider":
        return naming(other, "elsewhere");
      case "another installation":
        return { ...metadata, nodepool_installation: "another" };
      case "another run":
        return { ...metadata, [RUN_KEY]: "another" };
      case "nothing":
        return {};
    }
  }

  #anEnded(): number {
    const living = new Set(this.#one.pool.report().nodes.map(({ id }) => id));
    const ids = Array.from({ length: Math.max(...living, 1) }, (_, index) => index + 1);
    return ids.find((id) => !living.has(id)) ?? 1;
  }

  #makeForeign(marks: ActionOf<"foreign">["marks"]): SimulatedServer {
    const cloud = this.#one.simulator.cloud();
    const metadata = serverMetadata({
      installation: "another",
      nodeId: 1,
      image: "debian",
      provider: "main",
    });
    const server = cloud.createServer({
      name: `web-${++this.#foreignCount}`,
      flavor: cloud.stock.flavors[0]!,
      imageId: cloud.stock.images[0]!.id,
      keypair: null,
      zone: null,
      securityGroups: ["default"],
      configDrive: false,
      metadata: marks === "none" ? {} : metadata,
      networkIds: cloud.stock.networks.filter(({ external }) => !external).map(({ id }) => id),
      ports: [],
    });
    this.#witness.foreign.add(server.id);
    return server;
  }

  #vanish(which: number): void {
    const cloud = this.#one.simulator.cloud();
    const node = pick(this.#nodes(), which);
    const server = node === null ? undefined : cloud.servers.get(serverIdOf(node)!);
    if (server === undefined || server.goneAt <= cloud.now()) return;
    this.#tell(`server ${server.id} of node ${node!.id} is gone`);
    cloud.endServer(server, cloud.now());
  }

  #moveFloatingIp({ which, to }: ActionOf<"floating-ip">): void {
    const { network, floatingIps } = this.#one.simulator.cloud();
    const node = pick(this.#nodes().filter(({ floatingIp }) => floatingIp !== null), which);
    const floatingIp = floatingIps.get(node?.floatingIp?.id ?? "");
    if (floatingIp === undefined) return;
    this.#tell(`floating IP ${floatingIp.id} of node ${node!.id} is taken off it`);
    if (to === "nothing") return network.detachFloatingIp(floatingIp);
    network.attachFloatingIp(floatingIp, this.#makeForeign("none").ports[0]!);
    this.#witness.foreign.add(floatingIp.id);
  }

  /** On the same machine: the state's witness there tells that it is not the newest. */
  async #restore(which: number): Promise<void> {
    const copy = pick(this.#copies, which);
    if (copy === null) return;
    await this.#kill();
    const restored = copyMemoryStore(copy, { doubt: "it was restored from a copy" });
    await this.#start(restored);
  }

  async #crash({ down, wall }: ActionOf<"crash">): Promise<void> {
    await this.#kill();
    this.#one.clock.stepWall(wall);
    await this.#pass(down);
    await this.#start(this.#one.store);
  }

  async #kill(): Promise<void> {
    this.#isDown = true;
    await this.#one.killPool();
  }

  async #start(store: Store): Promise<void> {
    this.#one.store = store;
    await this.#one.startPool({ config: poolKinds[this.#kind](this.#minReady) });
    this.#isDown = false;
  }

  /** Nobody asks it for anything: it only lives. */
  async #startSecond(time: Milliseconds): Promise<void> {
    if (this.#two !== null) return;
    const config = poolKinds[this.#kind](this.#minReady);
    const store = this.#one.copyState();
    this.#two = await VirtualPool.start({ config, beside: this.#one, store, random: this.#seed + 1_000_000 });
    this.#later(time, () => this.#endSecond());
  }

  async #endSecond(): Promise<void> {
    const two = this.#two;
    this.#two = null;
    await two?.killPool();
  }

  async #configure(): Promise<void> {
    await this.#one.during(this.#one.reconfigure(poolKinds[this.#kind](this.#minReady)));
  }

  async #changeImages(what: "update" | "delete"): Promise<void> {
    const { pool } = this.#one;
    if (what === "update") {
      const order = { kind: "update" as const, provider: null, image: this.#label };
      await this.#one.during(pool.orderImages(order).then(() => {}, refused));
      return;
    }
    const image = pool.report().images.find(({ state }) => state.phase === "ready");
    if (image === undefined) return;
    this.#tell(`the operator deletes image ${image.id}`);
    await this.#one.during(pool.deleteImages([image.id], { comment: "not needed" }).then(() => {}, refused));
  }

  /** The faults are over and the operator does what `status` asks for: then nodes are handed out, and nothing is left. */
  async #recover(): Promise<void> {
    this.#tell("— all faults end, the operator tidies up");
    this.#one.simulator.disarm();
    if (this.#two !== null) await this.#endSecond();
    this.#minReady = 2;
    await this.#configure();
    await this.#pass(2 * MINUTE);
    await this.#adopt();
    await this.#mustTake();
    for (const job of [...this.#witness.jobs]) await this.#release(job, false);
    await this.#mustBe(() => this.#leaks().length === 0, () => `left behind: ${this.#leaks().join(", ")}`);
  }

  async #adopt(): Promise<void> {
    const { pool } = this.#one;
    const { signal } = this.#over;
    if (pool.report().providers.every(({ frozen, foreign }) => frozen === null && foreign.length === 0)) {
      return;
    }
    this.#tell("state adopt");
    const { warnings } = await this.#one.during(pool.adoptState({ dryRun: false, signal }));
    if (warnings.length > 0) this.#fail(`state adopt: ${warnings.join(", ")}`);
  }

  async #mustTake(): Promise<void> {
    let taken: boolean | null = null;
    this.#under.push(this.#take(this.#one.pool, 2).then((value) => void (taken = value)));
    await this.#mustBe(() => taken !== null, () => `no nodes: ${this.#whyNone()}`);
    if (!taken) this.#fail("the request for nodes was refused");
  }

  #whyNone(): string {
    const { requests, nodes } = this.#one.pool.report();
    const waits = [...requests, ...nodes].map(({ id, waitingOn }) => `${id}: ${waitingOn?.message ?? "-"}`);
    return waits.join("; ");
  }

  /** @throws Violation where it is not so within the time for recovery */
  async #mustBe(condition: () => boolean, otherwise: () => string): Promise<void> {
    const end = this.#one.clock.now() + RECOVERY;
    while (!condition()) {
      if (this.#one.clock.now() >= end) {
        this.#fail(`${durationText(RECOVERY)} after all faults, ${otherwise()}`);
      }
      await this.#pass(10 * SECOND);
    }
  }

  /** What the pool made and no record names; where marks were edited, that is left to the operator. */
  #leaks(): readonly string[] {
    const { servers, floatingIps } = this.#one.simulator.cloud();
    const { nodes } = this.#one.pool.report();
    const named = new Set(nodes.flatMap((node) => [serverIdOf(node), node.floatingIp?.id]));
    const isLeft = (id: string) => !named.has(id) && !this.#isOperators(id);
    const left = servers.standing().filter(({ id }) => isLeft(id));
    const leftIps = [...floatingIps.values()].filter(({ id, port }) =>
      isLeft(id) && !this.#isOperators(port?.server?.id ?? "")
    );
    return [
      ...left.map(({ id, name }) => `server ${id} (${name})`),
      ...leftIps.map(({ id, description }) => `floating IP ${id} (${description})`),
    ];
  }

  #isOperators(id: string): boolean {
    return this.#witness.foreign.has(id) || this.#witness.edited.has(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort(new Error("the play is over"));
    if (this.#two !== null) await this.#endSecond();
    await this.#one.killPool();
    await this.#one[Symbol.asyncDispose]();
    await Promise.all(this.#under);
  }
}

class Violation extends Error {
  override readonly name = "Violation";
}

/** The thing at that place, counted round; null: there is none. */
function pick<Thing>(things: readonly Thing[], which: number): Thing | null {
  return things[which % Math.max(1, things.length)] ?? null;
}

function refused(error: unknown): void {
  if (!(error instanceof ControlError)) throw error;
}
