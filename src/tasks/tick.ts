/**
 * One turn of the loop: plans from what is known, stores what the plan changes, and has its actions carried out.
 * Takes no input: any event only means "run again now". Everything it must remember is in the ledger.
 */
import type { BuildPlaces } from "../domain/build_places.ts";
import type { Config } from "../domain/config.ts";
import { type Defect, describeSubject } from "../domain/defect.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { LabelReport } from "../domain/pool_report.ts";
import type { Refusal } from "../domain/obstacle.ts";
import { earliest, type Instant, type Milliseconds, SECOND } from "../domain/time.ts";
import type { Executor } from "../execute/executor.ts";
import type { ImageExecutor } from "../execute/images/image_executor.ts";
import { grantRequest, recordWait } from "../rules/request_changes.ts";
import { recordNode } from "../rules/record_node.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { imageSubject } from "../plan/images/image_action.ts";
import { type ImagePlan, type ImagesInput, planImages } from "../plan/images/plan_images.ts";
import { type LaunchPlan, whyNoMore } from "../plan/plan_launches.ts";
import { NodesAtRest } from "../plan/nodes_at_rest.ts";
import { planPool } from "../plan/plan_pool.ts";
import type { NodeChange, PoolInput, PoolPlan } from "../plan/pool_plan.ts";
import type { Turns } from "../plan/turns.ts";
import type { Edit } from "../store/draft.ts";
import type { Ledger } from "../store/ledger.ts";
import { orderKey } from "../domain/pair_key.ts";
import { StoreError } from "../store/store.ts";
import type { Defects } from "./defects.ts";
import type { Errand } from "./errand.ts";
import { storeImages } from "../rules/image_changes.ts";
import { storeLaunches, storeSubnodes } from "../rules/node_launches.ts";
import { TurnEdits } from "../rules/turn_edits.ts";

/** Which parts of the pool this process keeps going. */
export interface TickParts {
  /** Nodes are kept going and handed out. */
  readonly pool: boolean;
  /** Nodes are launched. */
  readonly launches: boolean;
  /** Diskimages are built and uploaded. */
  readonly builds: boolean;
}

/** The result of one half of a turn. */
type Moved = Pick<PoolPlan, "until" | "defects">;

/** A tick takes at most this part of the time, however large the pool and however much happens. */
const LARGEST_SHARE = 0.25;

/** Until what could not be stored is tried again: it may be due at once, each time. */
const REFUSED_PAUSE = SECOND;

export interface TickDeps {
  readonly ledger: Ledger;
  readonly executor: Executor;
  readonly imageExecutor: ImageExecutor;
  /** Where diskimages are built; left out: by this process. */
  readonly places?: BuildPlaces;
  readonly parts: TickParts;
  readonly clock: Clock;
  readonly random: Random;
  /** The clouds and this machine as they are seen now. */
  readonly look: () => Required<Pick<PoolInput, "wallOffset" | "seen" | "faults">>;
  /** Who asks for nodes now, and who takes them. */
  readonly asked: () => Required<Pick<PoolInput, "targets" | "deserted" | "demand" | "heardSince">>;
  /** All that is moved; the whole pool, if nothing is said. */
  readonly errand?: Errand | null;
  /** Whether launches may be decided on: providers that have just been added are waited for. */
  readonly launching: () => boolean;
  /** Whether new work is taken on; false while the daemon is stopping. */
  readonly accepting: () => boolean;
  /** Takes note of what a turn could not plan or store. */
  readonly defects: Pick<Defects, "noteTurn">;
}

export class Tick {
  readonly #deps: TickDeps;
  /** The room that the newest plan of images has the nodes leave free. */
  #reserved: PoolInput["reserved"] = new Map();
  readonly #nodesAtRest = new NodesAtRest();
  #turns: Turns = new Map();
  #unwanted: PoolPlan["unwanted"] = new Map();
  /** The newest plan's reports on the labels that did not get all they asked for. */
  reports: readonly LabelReport[] = [];
  /** Why requests wait, by their ids: of each the newest plan that could say so. */
  waits: ReadonlyMap<number, readonly Refusal[]> = new Map();
  #room: LaunchPlan["room"] = { labels: [], providers: [] };
  /** How long the next turn leaves the time to others, after what the newest plan has cost. */
  rest: Milliseconds = 0;

  constructor(deps: TickDeps) {
    this.#deps = deps;
  }

  /** The obstacles to one node more of a label, by its providers, as the newest plan has it. */
  whyNoMore(label: string): readonly Refusal[] {
    return whyNoMore(label, this.#room);
  }

  /**
   * @returns when to run again even if nothing happens; null: no such time
   * @throws StoreError; Error once all else is done, where something could not be planned at all
   */
  async run(config: Config): Promise<Instant | null> {
    this.rest = 0;
    const halves = [
      await this.#half("images", (edits) => this.#moveImages(config, edits)),
      await this.#half("nodes", (edits) => this.#moveNodes(config, edits)),
    ];
    const defects = halves.flatMap((half) => half.defects);
    this.#deps.defects.noteTurn(defects);
    const broken = defects.find(({ of }) => of.kind === "plan of");
    if (broken !== undefined) {
      throw new Error(`the ${describeSubject(broken.of)} failed`, { cause: broken.error });
    }
    return earliest([...halves.map(({ until }) => until), this.#deps.imageExecutor.again]);
  }

  /** Images and nodes move apart: what breaks the one half leaves the other alone. @throws StoreError */
  async #half(id: string, move: (edits: TurnEdits) => Promise<Moved>): Promise<Moved> {
    const edits = new TurnEdits();
    try {
      const { until, defects } = await move(edits);
      const again = edits.defects.length > 0 ? this.#deps.clock.now() + REFUSED_PAUSE : 0;
      return {
        until: until && Math.max(until, again),
        defects: [...defects, ...edits.defects],
      };
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const whole: Defect = { of: { kind: "plan of", id }, doing: "planning", error };
      return { until: null, defects: [...edits.defects, whole] };
    }
  }

  async #moveImages(config: Config, edits: TurnEdits): Promise<Moved> {
    const plan = this.#timed(() => this.#planImages(config));
    this.#reserved = plan.launches.reserved;
    await storeImages(plan, { ...this.#deps, config, edits });
    this.#deps.imageExecutor.dispatch(edits.allowed(plan.actions, imageSubject), config);
    return plan;
  }

  async #moveNodes(config: Config, edits: TurnEdits): Promise<Moved> {
    const plan = this.#timed(() => this.#planNodes(config));
    this.#turns = plan.launches.turns;
    this.#unwanted = plan.unwanted;
    this.reports = plan.launches.reports;
    this.#room = plan.launches.room;
    this.waits = this.#nextWaits(plan);
    await this.#storeChanges(plan, { config, edits });
    const turn = { ...this.#deps, config, edits };
    await storeSubnodes(plan.subnodes, turn);
    await storeLaunches(plan.launches.launches, turn);
    this.#deps.executor.dispatch(
      edits.allowed(plan.actions, ({ node: { id } }) => ({ kind: "node", id })),
      config,
    );
    return plan;
  }

  #nextWaits({ requestWaits }: PoolPlan): ReadonlyMap<number, readonly Refusal[]> {
    const { requests } = this.#deps.ledger;
    const known = [...this.waits].filter(([id]) => requests.get(id)?.grantedAt === null);
    return new Map([
      ...known,
      ...requestWaits.map(({ request: { id }, refusals }) => [id, refusals] as const),
    ]);
  }

  /** Adds to the rest what the planning has cost, however it ends. */
  #timed<Plan>(plan: () => Plan): Plan {
    const { clock } = this.#deps;
    const startedAt = clock.monotonic();
    try {
      return plan();
    } finally {
      this.rest += (clock.monotonic() - startedAt) * (1 / LARGEST_SHARE - 1);
    }
  }

  #planImages(config: Config): ImagePlan {
    const only = this.#deps.errand?.narrow(config) ?? null;
    return planImages({ ...this.imagesInput(), config, only });
  }

  #planNodes(config: Config): PoolPlan {
    const { errand = null } = this.#deps;
    return planPool({
      ...this.poolInput(),
      ...(errand === null
        ? { rest: this.#nodesAtRest }
        : { concerns: (node: NodeRecord) => errand.concernsNode(node) }),
      config,
    });
  }

  /** The images as they are planned now, by whatever configuration. */
  imagesInput(): Omit<ImagesInput, "config"> {
    const { ledger, imageExecutor, clock, look, accepting, parts } = this.#deps;
    return {
      ...look(),
      now: clock.now(),
      dibImages: ledger.dibImages.values(),
      images: ledger.images.values(),
      order: (provider, image) => ledger.orders.get(orderKey(provider, image)) ?? null,
      nodes: ledger.nodeIndex,
      isRunning: (type, id) => imageExecutor.isRunning(type, id),
      making: { uploads: parts.builds, snapshots: parts.pool },
      ...(this.#deps.places === undefined ? {} : { places: this.#deps.places }),
      accepting: accepting(),
    };
  }

  /** The nodes as they are planned now, by whatever configuration. */
  poolInput(): Omit<PoolInput, "config"> {
    const { ledger, executor, clock, look, asked, launching, accepting, parts, errand = null } = this.#deps;
    const isPool = parts.pool && errand === null;
    return {
      ...look(),
      ...asked(),
      now: clock.now(),
      nodes: ledger.nodeIndex,
      requests: ledger.requests.values(),
      pauses: [...ledger.pauses.values()],
      images: ledger.images,
      order: (provider, image) => ledger.orders.get(orderKey(provider, image)) ?? null,
      reserved: this.#reserved,
      turns: this.#turns,
      unwanted: this.#unwanted,
      firstIdOfRun: ledger.runs.at(-1)?.firstIds.node,
      creating: executor.creating,
      launching: isPool && accepting() && launching(),
      launchesNothing: parts.launches ? null : { kind: "launches-off" },
      granting: isPool && accepting(),
    };
  }

  async #storeChanges(
    { changes, grants, requestWaits }: PoolPlan,
    { config, edits }: { config: Config; edits: TurnEdits },
  ): Promise<void> {
    const { ledger } = this.#deps;
    const granting = { closed: new Set<string>(), now: this.#deps.clock.now() };
    const ofRequest = ({ request: { id } }: { readonly request: { readonly id: number } }) =>
      ({ kind: "request", id }) as const;
    await edits.all([
      ...changes.map((change) => ({
        of: { kind: "node", id: change.previous.id } as const,
        store: () => ledger.edit((edit) => this.#putChange(edit, { ...change, config })),
      })),
      ...grants.map((grant) => ({
        of: ofRequest(grant),
        store: () => ledger.edit((edit) => grantRequest(edit, grant, granting)),
      })),
      ...requestWaits.filter(({ request, waitingOn }) => request.waitingOn !== waitingOn).map((wait) => ({
        of: ofRequest(wait),
        store: () => ledger.edit((edit) => recordWait(edit, wait)),
      })),
    ]);
  }

  /** A node that has changed since it was planned for is left to the next plan. */
  #putChange(edit: Edit, { previous, next, config }: NodeChange & { config: Config }): void {
    if (edit.node(previous.id) !== previous) return;
    if (next === null) edit.removeNode(previous.id);
    else recordNode(edit, { previous, next, config, now: this.#deps.clock.now() });
  }
}
