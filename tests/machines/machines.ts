/**
 * A pool on several machines: a real etcd of three members, a simulated cloud, and daemons and builders that run the
 * real program, each on a `Machine` of its own. What the tests of faults and the seeded runs stand on.
 */
import type { Call } from "../../src/lib/call.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { type Etcd, EtcdError } from "../../src/etcd/etcd.ts";
import { type FoundLeader, listMembers, readLeader } from "../../src/lead/read_records.ts";
import type { MemberRecord } from "../../src/lead/leader_record.ts";
import { poolKeys } from "../../src/lead/pool_keys.ts";
import type { SimulatorInput } from "../../src/simulator/settings.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { NoDaemonError } from "../../src/cli/cli_error.ts";
import { openDaemonsPool } from "../../src/cli/open_pool.ts";
import type { PoolClient } from "../../src/control/pool_client.ts";
import { contextOf } from "../e2e/traffic.ts";
import { PATIENCE } from "../eventually.ts";
import { type RunningPool, type Served, servedSimulator } from "../e2e/running_pool.ts";
import { EtcdCluster } from "./etcd_cluster.ts";
import { Machine } from "./machine.ts";

const POOL = "ci";
const keys = poolKeys(POOL);

interface MachinesOptions extends SimulatorInput {
  /** The configuration but for where the state is. SHARED in it is a folder of them all, SSH_PORT where servers answer. */
  readonly config: string;
  readonly daemons?: readonly string[];
  /** Of those: `--no-builder`. */
  readonly daemonOptions?: readonly string[];
  readonly builders?: readonly string[];
  /** Bytes that etcd may take; left out: its default. */
  readonly quota?: number;
}

export class Machines implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly cluster: EtcdCluster;
  /** A client of the test's own, whose way to etcd is never broken. */
  readonly etcd: Etcd;
  /** Those that may lead. */
  readonly daemons: readonly Machine[];
  readonly builders: readonly Machine[];
  /** A machine without a daemon: its commands find the leader through etcd. */
  readonly clients: RunningPool;
  readonly #resources: AsyncDisposableStack;

  /** All machines are set up; none is on. */
  static async set(
    { config, daemons = ["one", "two"], daemonOptions = [], builders = [], quota, ...settings }:
      MachinesOptions,
  ): Promise<Machines> {
    await using made = new AsyncDisposableStack();
    const shared = made.adopt(
      await Deno.makeTempDir({ prefix: "nodepool-shared-" }),
      (path) => Deno.remove(path, { recursive: true }),
    );
    await Deno.writeTextFile(`${shared}/key`, (await generateKey()).private, { mode: 0o600 });
    const [cluster, { simulator, served }] = await Promise.all([
      EtcdCluster.start(quota === undefined ? {} : { quota }),
      servedSimulator(settings, made),
    ]);
    made.use(cluster);
    const etcd = made.use(cluster.open());
    const set = async (name: string, options: readonly string[]) =>
      made.use(
        await Machine.set({
          name,
          options,
          config: `${stateOf(cluster)}${config.replaceAll("SHARED", shared)}`,
          beside: { simulator, served },
          members: cluster.members.map(({ clients }) => clients.port),
        }),
      );
    const parts = {
      simulator,
      served,
      cluster,
      etcd,
      daemons: await Promise.all(daemons.map((name) => set(name, daemonOptions))),
      builders: await Promise.all(builders.map((name) => set(name, ["--builder-only"]))),
      clients: (await set("clients", [])).pool,
    };
    return new Machines({ ...parts, resources: made.move() });
  }

  private constructor({ simulator, cluster, etcd, daemons, builders, clients, resources }: {
    simulator: Simulator;
    served: Served;
    cluster: EtcdCluster;
    etcd: Etcd;
    daemons: readonly Machine[];
    builders: readonly Machine[];
    clients: RunningPool;
    resources: AsyncDisposableStack;
  }) {
    this.simulator = simulator;
    this.cluster = cluster;
    this.etcd = etcd;
    this.daemons = daemons;
    this.builders = builders;
    this.clients = clients;
    this.#resources = resources;
  }

  get all(): readonly Machine[] {
    return [...this.daemons, ...this.builders];
  }

  /** What stands in etcd; null: nobody leads. */
  leaderRecord(): Promise<FoundLeader | null> {
    return patiently((call) => readLeader(this.etcd, keys, call));
  }

  /** The standbys and builders that etcd has. */
  members(): Promise<readonly MemberRecord[]> {
    return patiently((call) => listMembers(this.etcd, keys, call));
  }

  /** By etcd; null: nobody leads, or whoever led runs no more. */
  async leader(): Promise<Machine | null> {
    const pid = (await this.leaderRecord())?.record.pid;
    return this.daemons.find((machine) => machine.pid !== null && machine.pid === pid) ?? null;
  }

  /** One that may lead, and does not. */
  standbyOf(leader: Machine): Machine {
    return this.daemons.find((machine) => machine !== leader)!;
  }

  /** Waits until somebody leads who is not that leader; a daemon that was killed may be it again. */
  async leadsAfter({ token }: FoundLeader): Promise<Machine> {
    await this.until(async () => {
      const next = await this.leaderRecord();
      return next !== null && next.token !== token;
    });
    return await this.leads(...this.daemons);
  }

  /** Waits until etcd has the daemon or builder of the machine as a member. */
  async joins(machine: Machine): Promise<void> {
    await this.until(() => this.isMember(machine));
  }

  async isMember({ pid }: Machine): Promise<boolean> {
    return (await this.members()).some((member) => member.pid === pid);
  }

  /** The leader's pool, as a command finds it on a machine without a daemon; null: nobody leads now. */
  async connect(): Promise<PoolClient | null> {
    try {
      return await openDaemonsPool(contextOf(this.clients, new AbortController().signal));
    } catch (error) {
      if (error instanceof NoDaemonError) return null;
      throw error;
    }
  }

  /** Waits until one of them leads. */
  async leads(...machines: readonly Machine[]): Promise<Machine> {
    let leader: Machine | null = null;
    await this.until(async () => {
      leader = await this.leader();
      return leader !== null && machines.includes(leader);
    });
    return leader!;
  }

  /** Waits until the condition holds. @throws Error with the ends of all logs when it does not in time */
  async until(
    condition: () => boolean | Promise<boolean>,
    { within = PATIENCE, every = 50 } = {},
  ): Promise<void> {
    const deadline = systemClock.monotonic() + within;
    while (!(await condition())) {
      if (systemClock.monotonic() > deadline) {
        throw new Error(`not within ${within} ms: ${condition}\n${await this.describe()}`);
      }
      await systemClock.sleep(every);
    }
  }

  /** The ends of all logs, and what `list` and `status` say. */
  async describe(): Promise<string> {
    const logs = await Promise.all(
      this.all.map(async ({ name, pool, ends }) =>
        `--- ${name} (ended with ${ends.map(({ code }) => code)})\n${(await pool.log()).slice(-3000)}`
      ),
    );
    const { pool } = await this.leader() ?? this.daemons[0]!;
    const shown = await Promise.all([pool.run("list", "-o", "wide"), pool.run("status")]);
    return [...logs, ...shown.map(({ stdout, stderr }) => stdout + stderr)].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** Each machine has its own addresses for ETCD. */
function stateOf(cluster: EtcdCluster): string {
  const { caCert: cacert, cert, key, user, password } = cluster.config();
  const etcd = { cacert, cert, key, user, password, control: "127.0.0.1:0" };
  return `state: etcd:ETCD/${POOL}\netcd: ${JSON.stringify(etcd)}\n`;
}

/** Its members may all be killed or stopped for a while. */
async function patiently<Answer>(ask: (call: Call) => Promise<Answer>): Promise<Answer> {
  const call = { signal: AbortSignal.timeout(PATIENCE) };
  for (;;) {
    try {
      return await ask(call);
    } catch (error) {
      if (!(error instanceof EtcdError && error.kind === "unreachable")) throw error;
      await systemClock.sleep(100, call);
    }
  }
}
