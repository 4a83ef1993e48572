/**
 * Where a schedule is carried out: a pool, perhaps a second daemon on a copy of its state, the witness, copies of the
 * state, and a log of what happened. `play.ts` makes it; those who act there get it.
 */
import { type NodeRecord, serverIdOf, stateName } from "../../../../src/domain/node.ts";
import { HOUR, type Milliseconds, SECOND } from "../../../../src/domain/time.ts";
import type { Store } from "../../../../src/store/store.ts";
import { VirtualPool } from "../../../scenarios/virtual_pool.ts";
import { ObservedRun } from "../observed_run.ts";
import { type PoolKind, poolKinds } from "./pool_kind.ts";
import type { Action } from "./schedule.ts";
import { Witness } from "./witness.ts";

export type ActionOf<Type extends Action["type"]> = Extract<Action, { type: Type }>;

export interface Copy {
  readonly store: Store;
  /** The number of the newest server then. */
  readonly newest: number;
}

/** Slow enough that much happens while servers come up. */
const clouds = [{ bootTime: 20 * SECOND }];

export class Scene extends ObservedRun implements AsyncDisposable {
  readonly kind: PoolKind;
  readonly seed: number;
  readonly one: VirtualPool;
  readonly witness: Witness;
  readonly copies: Copy[] = [];
  /** Clients that wait, and what ends by itself. */
  readonly under: Promise<void>[] = [];
  readonly over = new AbortController();
  two: VirtualPool | null = null;
  isDown = false;
  minReady = 2;

  static async open({ seed, kind }: { seed: number; kind: PoolKind }): Promise<Scene> {
    const one = await VirtualPool.start({ config: poolKinds[kind](2), random: seed, clouds });
    const scene = new Scene(one, { seed, kind });
    await scene.fill();
    return scene;
  }

  private constructor(one: VirtualPool, { seed, kind }: { seed: number; kind: PoolKind }) {
    super(one.clock);
    this.one = one;
    this.seed = seed;
    this.kind = kind;
    this.witness = new Witness(one.simulator, () => this.#pools());
  }

  get config(): string {
    return poolKinds[this.kind](this.minReady);
  }

  get label(): string {
    return this.one.pool.report().config!.labels[0]!.name;
  }

  /** Nodes of the pool with a server that is not about to go. */
  get nodes(): readonly NodeRecord[] {
    return this.one.pool.report().nodes.filter((node) =>
      serverIdOf(node) !== null && stateName(node) !== "delete"
    );
  }

  /** Lets time pass until as many nodes are ready as should be. */
  fill(): Promise<void> {
    const isFull = () => this.one.count("ready") >= this.minReady;
    return this.one.clock.advanceUntil(isFull, { within: HOUR, step: SECOND });
  }

  /** Lets time pass. @throws Violation */
  async pass(time: Milliseconds): Promise<void> {
    await this.one.clock.advance(time);
    this.check();
  }

  later(time: Milliseconds, then: () => void | Promise<void>): void {
    const slept = this.one.clock.sleep(time, { signal: this.over.signal });
    this.under.push(slept.then(then, () => {}));
  }

  #pools(): readonly VirtualPool[] {
    return [...(this.isDown ? [] : [this.one]), ...(this.two === null ? [] : [this.two])];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over.abort(new Error("the play is over"));
    await this.two?.killPool();
    await this.one.killPool();
    await this.one[Symbol.asyncDispose]();
    await Promise.all(this.under);
  }
}

/** The thing at that place, counted round; null: there is none. */
export function pick<Thing>(things: readonly Thing[], which: number): Thing | null {
  return things[which % Math.max(1, things.length)] ?? null;
}
