/**
 * Whatever happens to a pool on a Jenkins, and in whatever order: no server is deleted under a job but where somebody deletes the
 * node, also where nobody heard of the job.
 */
import assert from "node:assert/strict";
import type { JobEvent } from "../../../src/demand/zmq/job_event.ts";
import { serverIdOf } from "../../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { JenkinsDouble, PASSWORD, USER } from "../../targets/jenkins_double.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

const TARGETS =
  `targets:\n  - {name: ci, rate: 0, jenkins: {url: "http://ci/", user: ${USER}, apikey: ${PASSWORD}}}\n`;
const POOL = `cron: {check: "*/5 * * * *"}\nlimits: {node-stuck: 100h, hold-max-age: 30m, idle: 5m}\n` +
  `zmq-publishers: ["tcp://ci:8888", "tcp://silent:8888"]\n` +
  poolConfig({ minReady: 4, label: "max-ready-age: 1h" });

interface Job {
  readonly agent: string;
  readonly endsAt: number;
  readonly serverId: string;
}

/** A Jenkins that gives jobs to its agents, and a pool that hears of some of them. */
class Play implements AsyncDisposable {
  readonly jenkins = new JenkinsDouble();
  readonly virtual: VirtualPool;
  readonly #random;
  readonly #stopped = new Set<string>();
  readonly #meant = new Set<string>();
  /** Agents that have had a job. */
  readonly #over = new Set<string>();
  #jobs: Job[] = [];
  #publish: ((event: JobEvent) => void) | null = null;
  #hasTarget = true;
  #hasLabel = true;
  #heardSince = 0;
  readonly #log: string[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const virtual: VirtualPool = VirtualPool.idle({
      config: POOL + TARGETS,
      random: seed,
      openTarget: (target) => this.jenkins.open(target, virtual),
      listenToJobs: ({ endpoint, onEvent }) => {
        // The other one tells of no job of this Jenkins.
        const isOurs = endpoint === "tcp://ci:8888";
        const startedAt = virtual.clock.now();
        if (isOurs) {
          this.#publish = onEvent;
          this.#heardSince = startedAt;
        }
        const since = () => isOurs ? this.#heardSince : startedAt;
        return {
          endpoint,
          get state() {
            return { status: "connected", since: since() } as const;
          },
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
      },
      changeCloud: (cloud) => ({
        ...cloud,
        listServers: async (options) => {
          const listing = await cloud.listServers(options);
          const servers = listing.servers.map((one) =>
            this.#stopped.has(one.id) && one.status === "ACTIVE" ? { ...one, status: "SHUTOFF" } : one
          );
          return { ...listing, servers };
        },
      }),
    });
    this.virtual = virtual;
  }

  async [Symbol.asyncDispose]() {
    await this.virtual[Symbol.asyncDispose]();
  }

  #chance(part: number): boolean {
    return this.#random.float() < part;
  }

  #node() {
    const nodes = this.virtual.isUp
      ? this.virtual.pool.report().nodes.filter((node) => serverIdOf(node) !== null)
      : [];
    return nodes.length === 0 ? null : this.#random.pick(nodes);
  }

  #tell(event: Pick<JobEvent, "type" | "nodename" | "result">): void {
    if (this.virtual.isUp) this.#publish?.({ job: "unit", branch: null, ...event });
  }

  #say(text: string): void {
    this.#log.push(`${(this.virtual.clock.now() % (24 * HOUR)) / SECOND}: ${text}`);
  }

  /** What Jenkins does by itself. */
  #schedule(isReported: boolean): void {
    // The connection broke, and came back.
    if (!isReported) this.#heardSince = this.virtual.clock.now() + 1;
    for (const job of this.#jobs.filter(({ endsAt }) => endsAt <= this.virtual.clock.now())) {
      this.jenkins.busy.delete(job.agent);
      this.#over.add(job.agent);
      this.#say(`job on ${job.agent} ends`);
      if (isReported) this.#tell({ type: "finalized", nodename: job.agent, result: "SUCCESS" });
    }
    this.#jobs = this.#jobs.filter(({ endsAt }) => endsAt > this.virtual.clock.now());
    if (this.jenkins.loading) return;
    for (const [name, { xml }] of this.jenkins.agents) {
      if (/<label><\/label>/.test(xml) || this.jenkins.busy.has(name) || !this.#chance(0.15)) continue;
      const host = xml.match(/<host>(.*)<\/host>/)?.[1];
      const node = this.virtual.isUp &&
        this.virtual.pool.report().nodes.find(({ addresses }) => addresses?.login === host);
      const serverId = node ? serverIdOf(node) : null;
      if (!node || serverId === null || !this.virtual.exists(serverId)) continue;
      // Nobody can take the label of an agent whose name only Jenkins knows: it gets no job after the node's own.
      const isOver = this.#over.has(node.nodename) || node.state.phase.startsWith("delete");
      if (node.nodename !== name && (isOver || !this.#hasTarget)) continue;
      this.jenkins.busy.add(name);
      this.#jobs.push({
        agent: name,
        serverId,
        endsAt: this.virtual.clock.now() + Math.floor(this.#random.float() * 40 * MINUTE),
      });
      this.#say(`job on ${name} begins${isReported ? "" : " unheard"}`);
      if (isReported) this.#tell({ type: "started", nodename: name, result: null });
    }
  }

  async #happen(): Promise<void> {
    const { virtual, jenkins } = this;
    const node = this.#node();
    const what = this.#random.pick([
      "hold",
      "unhold",
      "break",
      "stop",
      "target",
      "restart",
      "kill",
      "load",
      "rename",
      "copy",
      "drop",
      "proxy",
      "label",
      "delete",
      "nothing",
      "nothing",
      "nothing",
    ]);
    this.#say(`${what} ${node?.id} `);
    if (what === "load") jenkins.loading = !jenkins.loading;
    if (what === "proxy") {
      const answer = new Response("404 page not found", { status: 404 });
      for (let time = 0; time < 3; time++) jenkins.failNext({ path: /computer/, answer: answer.clone() });
    }
    if (what === "target" || what === "label") {
      if (what === "target") this.#hasTarget = !this.#hasTarget;
      // Nobody can ask a Jenkins that is not configured, and what it reports has names that only it knows.
      if (!this.#hasTarget) this.#jobs = this.#jobs.filter(({ agent }) => !/-(rename|copy)/.test(agent));
      else this.#hasLabel = !this.#hasLabel;
      const pool = this.#hasLabel ? POOL : POOL.replace("name: small", "name: other");
      const targets = this.#hasTarget ? TARGETS : "targets: [{name: other}]\n";
      await virtual.during(virtual.reconfigure(pool + targets));
    }
    if (what === "restart" || what === "kill") {
      await (what === "kill" ? virtual.killPool() : virtual.stopPool());
      this.#schedule(false);
      await virtual.startPool();
    }
    if (node === null) return;
    const serverId = serverIdOf(node)!;
    const ids = [node.id];
    const agent = jenkins.agents.get(node.nodename);
    if (agent !== undefined && (what === "rename" || what === "copy")) {
      const name = `${node.nodename}-${what}`;
      jenkins.agents.set(name, { ...agent, name });
      // The copy is to take its place.
      const xml = agent.xml.replace(/<label>.*<\/label>/, "<label></label>");
      jenkins.agents.set(node.nodename, { ...agent, xml });
    }
    // A job that runs goes on; Jenkins lists its agent until its end.
    if (what === "rename" || what === "drop") jenkins.agents.delete(node.nodename);
    if (what === "hold") {
      await virtual.ask("hold", {
        ids,
        reason: null,
        owner: null,
        duration: Math.floor(this.#random.float() * HOUR) + 1,
      });
    }
    if (what === "unhold") await virtual.ask("unhold", { ids, comment: "over" });
    if (what === "break" && virtual.exists(serverId)) virtual.serverOf(node).hostKeyEpoch++;
    if (what === "stop" && virtual.exists(serverId)) {
      this.#stopped.add(serverId);
      virtual.serverOf(node).touchedAt = virtual.clock.now();
    }
    if (what === "delete" && this.#chance(0.3)) {
      this.#meant.add(node.nodename);
      await virtual.ask("delete", { ids, comment: "deleted by ada" });
    }
  }

  /** Whether somebody has deleted the agent's node. */
  #isMeant(agent: string): boolean {
    return this.#meant.has(agent.replace(/-(rename|copy).*$/, ""));
  }

  #check(): void {
    const killed = this.jenkins.killed.filter((name) => !this.#isMeant(name));
    assert.deepEqual(killed, [], this.#log.join("\n"));
    for (const { agent, serverId } of this.#jobs) {
      if (!this.#isMeant(agent)) {
        assert.ok(this.virtual.exists(serverId), `${agent}\n${this.#log.join("\n")}`);
      }
    }
  }

  async run(steps: number): Promise<void> {
    const { virtual } = this;
    await virtual.startPool();
    await virtual.until(() => virtual.count("ready") === 4, HOUR);
    for (let step = 0; step < steps; step++) {
      this.#schedule(this.#chance(0.6));
      this.#check();
      if (this.#chance(0.5)) await this.#happen();
      await virtual.clock.advance(Math.floor(this.#random.float() * 2 * MINUTE));
      this.#check();
    }
  }
}

for (const seed of [1, 3, 5, 12, 20, 21]) {
  Deno.test(`a Jenkins and its pool live through whatever happens without a lost job (${seed})`, async () => {
    await using play = new Play(seed);
    await play.run(120);
  });
}
