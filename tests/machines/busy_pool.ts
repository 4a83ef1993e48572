/**
 * A pool on several machines at work: clients that take nodes and give them back, a job whose failed nodes are held, an
 * image that is built and uploaded again and again. Afterwards it is looked at from outside, in the simulator's journal:
 * whatever broke meanwhile, `assertSound` holds.
 */
import assert from "node:assert/strict";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import type { SimulatedServer } from "../../src/simulator/simulated_server.ts";
import type { NodeView } from "../../src/views/node_list.ts";
import { assertBootedOnce, assertGivenOnce, assertNoneLeaked } from "../e2e/fair_shares.ts";
import { scriptedDiskImageCreate } from "../e2e/scripted_disk_image_create.ts";
import { exists } from "../exists.ts";
import { type Grant, Traffic } from "../e2e/traffic.ts";
import { randomJob, trafficCloud, WATCHED } from "../e2e/traffic_pool.ts";
import { Machines } from "./machines.ts";
import { foreignServer } from "../scenarios/foreign_server.ts";

const MIN_READY = { small: 8, medium: 4, large: 2, rare: 0 };
/** Of all labels together, `built` among them. */
const READY = 15;
const CLIENTS = 5;
/** How long each image takes to build, in seconds. */
const BUILD_TIME = 1;

const labels = Object.entries(MIN_READY).map(([name, minReady]) =>
  `  - {name: ${name}, image: debian, min-ready: ${minReady}, providers: [{name: main}]}`
);

const config = `
status: {listen: "127.0.0.1:0"}
images-dir: FOLDER/images
build-log-dir: FOLDER/build-logs
limits: {delete-delay: 1, image-keep: 1s}
labels:
${labels.join("\n")}
  - {name: built, image: noble, min-ready: 1, providers: [{name: main}]}
diskimages:
  - {name: noble, elements: [tiny]}
providers:
  - name: main
    cloud: simulator
    max-servers: 60
    rate: 0
    images:
      - {name: debian, base-image: debian-12, min-ram: 512, username: debian, private-key: SHARED/key, connection-port: SSH_PORT}
      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: SHARED/key, connection-port: SSH_PORT}
`;

interface BusyOptions {
  readonly seed: number;
  readonly builders?: readonly string[];
  /** Whether those that may lead build, too; true by default. */
  readonly leadersBuild?: boolean;
  readonly quota?: number;
}

export class BusyPool implements AsyncDisposable {
  readonly machines: Machines;
  readonly traffic: Traffic;
  /** Servers in the same project that are somebody else's. */
  readonly #foreign: readonly SimulatedServer[];
  readonly #seed: number;

  /** With all daemons and builders on, and everything ready. */
  static async start({ seed, leadersBuild = true, ...options }: BusyOptions): Promise<BusyPool> {
    await using made = new AsyncDisposableStack();
    const daemonOptions = leadersBuild ? [] : ["--no-builder"];
    const machines = made.use(
      await Machines.set({ config, daemonOptions, seed, clouds: [trafficCloud], ...options }),
    );
    for (const { pool } of machines.all) {
      await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: BUILD_TIME }));
    }
    const foreign = [1, 2].map((number) => foreignServer(machines.simulator, { name: `web${number}` }));
    for (const machine of machines.all) machine.switchOn();
    await machines.leads(...machines.daemons);
    const busy = new BusyPool({ machines, foreign, seed });
    await busy.atRest();
    const created = await machines.clients.run(
      "job-create",
      WATCHED.job,
      "--hold-on-failure",
      String(WATCHED.holdOnFailure),
    );
    assert.equal(created.code, 0, created.stderr);
    made.move();
    return busy;
  }

  private constructor({ machines, foreign, seed }: {
    machines: Machines;
    foreign: readonly SimulatedServer[];
    seed: number;
  }) {
    this.machines = machines;
    this.traffic = new Traffic({
      configFile: machines.clients.configFile,
      connect: () => machines.connect(),
    });
    this.#foreign = foreign;
    this.#seed = seed;
  }

  /** Has clients work, and images be made, until `act` is done and each client's last job has ended. */
  async whileBusy<Result>(act: () => Promise<Result>): Promise<Result> {
    const jobs = seededRandom(this.#seed + 1);
    let isOver = false;
    const nextJob = () => isOver ? null : randomJob(jobs);
    const working = this.traffic.run({ clients: CLIENTS, nextJob });
    const updating = this.#updateImages(() => isOver);
    const acting = act().finally(() => isOver = true);
    // Whichever fails first ends the others, too.
    const [result] = await Promise.all([
      acting,
      Promise.all([working, updating]).finally(() => isOver = true),
    ]);
    return result;
  }

  /** Waits until nothing is under way and everything that is wanted is ready. */
  async atRest(): Promise<void> {
    await this.machines.until(async () => {
      const nodes = await this.nodes();
      const count = (state: string) => nodes.filter((node) => node.state === state).length;
      return count("ready") >= READY && nodes.length === count("ready") + count("hold");
    }, { every: 200 });
  }

  /** What `list` shows; an empty list while nobody leads. */
  async nodes(): Promise<readonly NodeView[]> {
    return await (await this.machines.leader())?.pool.nodes() ?? [];
  }

  /** Everything has come to rest and nobody was wronged. */
  async assertSound(): Promise<void> {
    await this.atRest();
    const { grants, ends } = this.traffic;
    assertGivenOnce(grants);
    // Who asks again, as the answer got lost, may hear that the node is gone already.
    const isGone = (id: number, message: string) => message.startsWith(`node ${id} has been gone since `);
    assert.deepEqual(
      ends.filter(({ id, ok, message }) => !ok && !isGone(id, message)),
      [],
      "grants were lost",
    );
    this.#assertNoneDeletedInUse(grants);
    const leader = await this.machines.leads(...this.machines.daemons);
    await this.#assertNobodyWaits();
    assertBootedOnce(leader.pool);
    await assertNoneLeaked(leader.pool, { foreign: this.#foreign.length });
    this.#assertForeignUntouched();
    this.#assertImagesMadeOnce();
    await this.machines.until(() => this.#hasImagesOfRecordsOnly(), { every: 500 });
  }

  /** Leaves the daemons' logs and the journal in the folder. */
  async keepEvidence(folder: string): Promise<void> {
    await Deno.mkdir(folder, { recursive: true });
    const { all, simulator } = this.machines;
    for (const { name, pool } of all) await Deno.writeTextFile(`${folder}/${name}.log`, await pool.log());
    const rows = simulator.journal.rows().map((row) => JSON.stringify(row));
    await Deno.writeTextFile(`${folder}/journal`, `${rows.join("\n")}\n`);
    const grants = this.traffic.grants.map((grant) => JSON.stringify(grant));
    await Deno.writeTextFile(`${folder}/grants`, `${grants.join("\n")}\n`);
  }

  #assertNoneDeletedInUse(grants: readonly Grant[]): void {
    const deleted = this.machines.simulator.journal.rows().filter(({ operation }) =>
      operation === "server.delete"
    );
    for (const { request, nodes, answeredAt, releasedAt } of grants) {
      const early = deleted.filter(({ nodeId, at }) =>
        nodes.includes(nodeId ?? 0) && at >= answeredAt && at < (releasedAt ?? Infinity)
      );
      assert.deepEqual(early, [], `deleted while the client of request ${request} had it`);
    }
  }

  async #assertNobodyWaits(): Promise<void> {
    await using client = (await this.machines.connect())!;
    const { requests } = await client.ask("request-list", {});
    assert.deepEqual(requests.map(({ id, state }) => `${id} ${state}`), [], "requests are left over");
  }

  #assertForeignUntouched(): void {
    const ids = new Set(this.#foreign.map(({ id }) => id));
    const touched = this.machines.simulator.journal.rows().filter(({ serverId, effect }) =>
      effect && ids.has(serverId ?? "")
    );
    assert.deepEqual(touched, [], "somebody else's servers were touched");
  }

  #assertImagesMadeOnce(): void {
    const made = this.machines.simulator.journal.rows().filter(({ operation, effect }) =>
      effect && operation === "image.create"
    );
    for (const [record, rows] of Map.groupBy(made, ({ imageRecordId }) => imageRecordId)) {
      assert.equal(rows.length, 1, `image ${record} was made ${rows.length} times`);
    }
  }

  /** What is on the cloud and on the machines' disks is what records say: each image is ready, and nothing is left over. */
  async #hasImagesOfRecordsOnly(): Promise<boolean> {
    await using client = await this.machines.connect();
    if (client === null) return false;
    const [{ images }, { dib_images }] = [
      await client.ask("image-list", {}),
      await client.ask("dib-image-list", {}),
    ];
    const files = this.machines.all.flatMap(({ pool }) => imageFilesOf(pool.folder));
    return [...images, ...dib_images].every(({ state }) => state === "ready") &&
      images.length === this.machines.simulator.cloud().images.counts().standing &&
      files.length === dib_images.length;
  }

  /** Has the image made again every other second. */
  async #updateImages(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await systemClock.sleep(2_000);
      await using client = await this.machines.connect();
      await client?.ask("image-order", { kind: "update", provider: null, image: "noble" }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machines[Symbol.asyncDispose]();
  }
}

/** One that builds nothing has no folder. */
function imageFilesOf(folder: string): string[] {
  if (!exists(`${folder}/images`)) return [];
  const names = [...Deno.readDirSync(`${folder}/images`)].map(({ name }) => name);
  return names.filter((name) => name.endsWith(".qcow2"));
}
