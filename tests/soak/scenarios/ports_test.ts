/**
 * Each function that a pool is given to work with breaks, while the pool starts, while it runs, during reloads and while it
 * is stopped: whoever does not need it is served, it is in the log, all is well again once it is mended, and a pool that has
 * ended leaves nothing running. Virtual time, seeded.
 *
 *     NODEPOOL_SEEDS=12 …   so many ways of each
 */
import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { inFlight } from "../../../src/lib/in_flight.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { metricsOf } from "../../../src/metrics/happening.ts";
import { loggedLines } from "../../lib/logged_lines.ts";
import { VirtualPool } from "../../scenarios/virtual_pool.ts";
import { depsThrough, PortFaults, type Way, ways } from "./port_faults.ts";

/** What a daemon has nothing to do without. */
const NEEDED_BY_ALL = [
  "store.commit",
  "store.check",
  "store.saveClock",
  "store.takeIds",
  "readFile",
  "shell.login",
];

const OTHERS = [
  ...["store.pruneHistory", "store.addSample", "shell.open", "session.run", "openLog", "log.write"],
  ...[
    "openCloud",
    "cloud one.listServers",
    "cloud one.listFlavors",
    "cloud one.findImages",
    "cloud one.getQuota",
  ],
  ...[
    "cloud one.createServer",
    "cloud one.deleteServer",
    "cloud one.uploadImage",
    "cloud one.createSnapshot",
  ],
  ...["builder.build", "builder.open", "builder.folderProblem", "builder.trimLogs", "stat", "readConfig"],
  ...["stamp", "scriptVariables", "openGearman", "gearman.readDemand", "listenToJobs", "metrics.tell"],
  ...["serviceManager.tell", "openTarget", "target.observe", "target.createAgent", "target.deleteAgent"],
];

/** A state that cannot be written at the start keeps the daemon from it. */
const moments = ["the start", "a reload", "the end"] as const;
const lateMoments = moments.slice(1);

interface Trial {
  readonly path: string;
  readonly way: Way;
  readonly when: typeof moments[number];
}

/** Nodes of `left` are on the first cloud, with all that there is; those of `right` need the second one only. */
function configOf({ path, minReady }: { path: string; minReady: number }): string {
  const debian = "name: debian, base-image: debian-12";
  const login = "min-ram: 512, username: debian, private-key: /key, connection-port: 2222";
  const provider = (name: string, images: readonly string[]) => `
  - name: ${name}
    cloud: ${name}
    max-servers: 20
    rate: 0
    boot-timeout: 2m
    images: [${images.map((image) => `{${image}, ${login}}`).join(", ")}]`;
  return `
images-dir: /images
build-log-dir: /logs
cron: {image-update: '*/5 * * * *', check: '*/2 * * * *', cleanup: '* * * * *'}
gearman-servers: [{host: gearman.example.org, port: 4730}]
zmq-publishers: ['tcp://jenkins.example.org:8888']
${
    /arget/.test(path)
      ? "targets: [{name: ci, jenkins: {url: 'http://ci.example.org', user: u, apikey: k}}]"
      : ""
  }
labels:
  - {name: left, image: debian, min-ready: ${minReady}, ready-script: ready.sh, providers: [{name: one}]}
  - {name: right, image: debian, min-ready: ${minReady}, providers: [{name: two}]}
  - {name: built, image: noble, min-ready: 1, providers: [{name: one}]}
  - {name: prepared, image: prepared, min-ready: 0, providers: [{name: one}]}
diskimages: [{name: noble, elements: [tiny]}]
providers:${
    provider("one", [
      debian,
      "name: noble, diskimage: noble",
      "name: prepared, base-image: debian-12, setup: a.sh",
    ])
  }
${provider("two", [debian])}
`;
}

class Scene implements AsyncDisposable {
  readonly virtual: VirtualPool;
  readonly faults: PortFaults;
  readonly #trial: Trial;
  /** How often the metrics beside the broken ones were told. */
  measured = 0;

  constructor(trial: Trial) {
    this.#trial = trial;
    this.virtual = VirtualPool.idle({
      config: configOf({ ...trial, minReady: 1 }),
      clouds: [{ name: "one", bootTime: 15 * SECOND }, { name: "two", bootTime: 15 * SECOND }],
      changeDeps: (deps) => {
        const broken = this.faults.through("metrics", { wantsGauges: true, tell() {} });
        const metrics = metricsOf([broken, { wantsGauges: true, tell: () => void this.measured++ }]);
        return { ...depsThrough(this.faults, deps), metrics };
      },
    });
    this.faults = new PortFaults(this.virtual.clock);
  }

  break(): void {
    this.faults.break(this.#trial.path, this.#trial.way);
  }

  /** The pool gives up all nodes of a label, and has new ones. */
  async renew(label: string): Promise<void> {
    const { pool } = this.virtual;
    const ready = () =>
      pool.report().nodes.filter((node) => node.label === label && node.state.phase === "ready");
    const ids = pool.report().nodes.filter((node) => node.label === label).map(({ id }) => id);
    if (ids.length > 0) await this.virtual.during(this.virtual.ask("delete", { ids, comment: "used up" }));
    await this.until(`new nodes of ${label}`, () => ready().some(({ id }) => !ids.includes(id)), 30 * MINUTE);
  }

  async reload(): Promise<void> {
    const configs = [2, 3, 2].map((minReady) => configOf({ ...this.#trial, minReady }));
    const reloads = Promise.allSettled(configs.map((config) => this.virtual.reconfigure(config)));
    await this.during("the reloads", reloads, 3 * MINUTE);
  }

  async assertWell(): Promise<void> {
    const { virtual } = this;
    await this.until("a server for each node, all of them ready", () => {
      const { nodes } = virtual.pool.report();
      return nodes.length === virtual.servers() && nodes.every(({ state }) => state.phase === "ready");
    }, HOUR);
    const { defects, daemon } = virtual.pool.report();
    assert.deepEqual(defects, []);
    assert.deepEqual(daemon!.tasks.filter(({ lastError }) => lastError !== null), []);
    assert.equal(new Set(daemon!.tasks.map(({ name }) => name)).size, daemon!.tasks.length);
  }

  async end(): Promise<void> {
    await this.during("the end", this.virtual.endPool(), 2 * MINUTE);
    this.faults.mend();
    await this.virtual.clock.advance(MINUTE);
    assert.equal(this.virtual.clock.sleeping, 0);
    assert.deepEqual(inFlight.list(), []);
  }

  async during<Value>(what: string, work: Promise<Value>, within: number): Promise<Value> {
    let isOver = false;
    work.finally(() => isOver = true).catch(() => {});
    await this.until(what, () => isOver, within);
    return await work;
  }

  async until(what: string, condition: () => boolean, within: number): Promise<void> {
    const waiting = this.virtual.clock.advanceUntil(condition, { within, step: SECOND });
    await waiting.catch((cause) => Promise.reject(new Error(`${what}: not in time`, { cause })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.mend();
    await this.virtual[Symbol.asyncDispose]();
  }
}

async function play(trial: Trial): Promise<Scene> {
  await using scene = new Scene(trial);
  const { virtual, faults } = scene;
  const { clock } = virtual;
  const isNeeded = NEEDED_BY_ALL.includes(trial.path) || trial.path === "openCloud" ||
    trial.path.startsWith("target.");
  const served = () => isNeeded ? clock.advance(2 * MINUTE) : scene.renew("right");
  if (trial.when === "the start") scene.break();
  await scene.during("the start", virtual.beginPool(), 2 * MINUTE);
  if (trial.when !== "the start") {
    const labels = ["left", "right", "built"];
    await scene.until(
      "nodes of each label",
      () => labels.every((one) => virtual.count("ready", one) > 0),
      HOUR,
    );
    scene.break();
  }
  await served();
  if (trial.when === "a reload") {
    await scene.reload();
    await served();
  }
  void virtual.ask("image-order", { kind: "build", provider: null, image: "noble" }).catch(() => {});
  if (trial.when !== "the end") {
    await clock.advance(4 * MINUTE);
    faults.mend();
    await clock.advance(6 * MINUTE);
    for (const label of ["left", "right"]) await scene.renew(label);
    await scene.assertWell();
  } else await clock.advance(7 * SECOND);
  await scene.end();
  return scene;
}

/** What nodes and labels wait for when these fail is in lists and `status`. */
const WAITED_FOR = ["readFile", "target.createAgent"];

/** Whatever throws is in the log, with the node that it concerns or once. */
function assertTold(
  { path, way }: Trial,
  { hits, lines }: { hits: number; lines: readonly LogRecord[] },
): void {
  const told = lines.filter(({ message }) => message.join("").includes(`a fault of ${path}`));
  if (hits > 0 && !WAITED_FOR.includes(path) && !way.startsWith("hangs")) {
    assert.ok(told.length > 0, "nothing in the log");
  }
  const errors = told.filter(({ level }) => level === "error").length;
  assert.ok(errors <= 20, `${errors} errors in the log`);
}

const TRIALS = Number(Deno.env.get("NODEPOOL_SEEDS") ?? 1);

for (const [index, path] of [...NEEDED_BY_ALL, ...OTHERS].entries()) {
  Deno.test(`${path} breaks: nobody else suffers, and nothing is left`, async () => {
    const random = seededRandom(index);
    const strays: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      strays.push(event.reason);
    };
    globalThis.addEventListener("unhandledrejection", note);
    for (let count = 0; count < TRIALS; count++) {
      const trial = {
        path,
        way: random.pick(ways),
        when: random.pick(path.startsWith("store.") ? lateMoments : moments),
      };
      let hits = 0;
      const lines = await loggedLines(async () => {
        const { faults, measured } = await play(trial).catch((cause) => {
          throw new Error(`${path} ${trial.way} at ${trial.when}`, { cause });
        });
        hits = faults.hits;
        assert.ok(measured > 0);
      });
      if (trial.when !== "the end") assertTold(trial, { hits, lines });
    }
    globalThis.removeEventListener("unhandledrejection", note);
    assert.deepEqual(strays, []);
  });
}
