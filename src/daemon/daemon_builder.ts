/**
 * The builder in a daemon whose pool's state is in etcd: alone (`daemon --builder-only`), or beside a standby or the leader,
 * which it asks for work over the control door as builders elsewhere do. It waits for its images-dir as long as another
 * builder has that, and begins again in one that is put in the place of its own. Where the configuration names other folders,
 * it ends what it is at, and begins again with those.
 */
import { isDeepStrictEqual } from "node:util";
import { createDiskimageBuilder } from "../build/diskimage_builder.ts";
import { BuilderFolder } from "../builders/builder_folder.ts";
import { type BuilderLeader, BuilderMember } from "../builders/builder_member.ts";
import { ExitCode } from "../cli/exit_code.ts";
import { RemotePool } from "../control/control_client.ts";
import { openLeaderWire } from "../control/leader_wire.ts";
import type { WholeCloud } from "../cloud/cloud.ts";
import type { Config } from "../domain/config.ts";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import { SECOND } from "../domain/time.ts";
import { askEtcd } from "../etcd/ask_etcd.ts";
import type { Etcd } from "../etcd/etcd.ts";
import { openEtcd } from "../etcd/etcd_gateway.ts";
import type { Send } from "../http/send.ts";
import type { Leadership } from "../lead/leadership.ts";
import { Membership } from "../lead/membership.ts";
import { type PoolKeys, poolKeys } from "../lead/pool_keys.ts";
import { readLeader } from "../lead/read_records.ts";
import type { Call } from "../lib/call.ts";
import { sleptThrough } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { isFolder } from "../lib/is_folder.ts";
import { loggerOf } from "../lib/logging.ts";
import { systemRandom } from "../lib/random.ts";
import { openCloud } from "../open_cloud.ts";
import { sendWhileSure } from "../pool/while_sure.ts";
import { letBuildsEnd, tellStop } from "./ends.ts";
import type { MemberDeps } from "./member.ts";
import { answerMemberSignals, watchedDigests } from "./member_config.ts";
import { ownProcess, ownVersion } from "./own_process.ts";

const log = loggerOf("image", "build");
const daemonLog = loggerOf("daemon");

/** Between two attempts at a folder that another builder has, and two looks whether it is still in its place. */
const RETRY = 5 * SECOND;

/** For etcd, to say who leads. */
const ETCD_TIMEOUT = 3 * SECOND;

type BuilderSettings = ReturnType<typeof settingsOf>;

class DaemonBuilder implements AsyncDisposable {
  readonly #deps: MemberDeps;
  readonly #etcd: Etcd;
  readonly #keys: PoolKeys;
  readonly #self = ownProcess();
  readonly #stop = new AbortController();
  readonly #keeping: Promise<void>;
  #isFinishing = false;
  /** Those that it was opened with. */
  #settings: BuilderSettings | null = null;
  #folder: BuilderFolder | null = null;
  #member: BuilderMember | null = null;
  /** This process's own: once that is lost, its builder changes nothing on clouds either; null: it does not lead yet. */
  leadership: Leadership | null = null;

  constructor(etcdConfig: EtcdConfig, deps: MemberDeps) {
    this.#deps = deps;
    this.#etcd = openEtcd(etcdConfig, () => deps.source.readEtcd().catch(() => etcdConfig));
    this.#keys = poolKeys(etcdConfig.pool);
    this.#keeping = this.#keep().catch((error) => {
      if (!this.#stop.signal.aborted) log.error("defect: {error}", { error: errorChain(error) });
    });
  }

  /** Has others see that it is there, for a process that is a builder alone. */
  join(): AsyncDisposable {
    const { clock, source } = this.#deps;
    const record = { ...this.#self, since: clock.wall(), role: "builder", control: null } as const;
    const config = watchedDigests(source);
    const onRefusal = (problem: string | null) => {
      if (problem !== null) log.warning("`status` does not show this builder: {problem}", { problem });
    };
    return new Membership(this.#etcd, { keys: this.#keys, record, config, clock, onRefusal });
  }

  get isBuilding(): boolean {
    return this.#member?.isBuilding ?? false;
  }

  /** Takes no more work. Resolves once nothing is being built and the leader knows of it. @throws the signal's reason */
  async finish(call: Call): Promise<void> {
    this.#isFinishing = true;
    this.#member?.stopAccepting();
    await this.#member?.buildsEnd(call);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(null);
    await this.#keeping;
    await this.#leave();
    await this.#etcd[Symbol.asyncDispose]();
  }

  async #keep(): Promise<void> {
    for (;;) {
      await this.#open();
      await this.#untilReplaced(this.#folder!);
      await this.#leave();
    }
  }

  /** Resolves once its folder is another one, or other folders are configured and it is idle. @throws the signal's reason */
  async #untilReplaced(folder: BuilderFolder): Promise<void> {
    let told: string | null = null;
    let isOver = false;
    for (;;) {
      await this.#deps.clock.sleep(RETRY, this.#stop);
      const problem = await folder.problem();
      if (problem !== told) {
        if (problem === null) log.info("this builder works again: {path} is back", { path: folder.path });
        else log.warning("this builder does nothing: {problem}", { problem });
      }
      told = problem;
      if (this.#isFinishing) continue;
      if (problem !== null && await isFolder(folder.path)) return;
      isOver ||= !isDeepStrictEqual(settingsOf(this.#deps.source.newest), this.#settings);
      if (isOver) this.#member!.stopAccepting();
      if (isOver && this.#member!.isIdle) return;
    }
  }

  async #leave(): Promise<void> {
    await this.#member?.[Symbol.asyncDispose]();
    this.#folder?.[Symbol.dispose]();
    this.#member = this.#folder = null;
  }

  async #open(): Promise<void> {
    const { options: { buildWorkers, uploadWorkers }, clock } = this.#deps;
    const { id: process, ...self } = this.#self;
    this.#folder = await this.#openFolder();
    const { folders, buildLogRetention } = this.#settings!;
    this.#member = new BuilderMember({
      folder: this.#folder,
      builder: createDiskimageBuilder(),
      clock,
      self: { ...self, process },
      folders,
      buildWorkers,
      uploadWorkers,
      buildLogRetention,
      openCloud: (provider) => this.#openCloud(provider),
      connect: (call) => this.#connect(call),
    });
  }

  /** That of the configuration as it is by then. @throws the signal's reason */
  async #openFolder(): Promise<BuilderFolder> {
    const { signal } = this.#stop;
    for (let told = "";;) {
      this.#settings = settingsOf(this.#deps.source.newest);
      try {
        return await BuilderFolder.open(this.#settings.folders.imagesDir, { random: systemRandom });
      } catch (error) {
        const problem = errorChain(error);
        if (problem !== told) log.warning("this process builds no images yet: {problem}", { problem });
        told = problem;
      }
      await this.#deps.clock.sleep(RETRY, { signal });
    }
  }

  /** By the configuration as it is now, or, where that cannot be read, as it was when it was good last. */
  async #openCloud(name: string): Promise<WholeCloud> {
    const { source, clock } = this.#deps;
    const { config: { providers } } = await source.read().catch(() => source.newest);
    const provider = providers.find((one) => one.name === name);
    if (provider === undefined) throw new Error(`the configuration of this builder has no provider ${name}`);
    const through = (send: Send): Send => (request, call) =>
      (this.leadership === null ? send : sendWhileSure(send, this.leadership))(request, call);
    return openCloud(provider, { clock, through });
  }

  async #connect({ signal }: Call): Promise<BuilderLeader | null> {
    const deadline = { clock: this.#deps.clock, signal, timeout: ETCD_TIMEOUT };
    const leader = await askEtcd((call) => readLeader(this.#etcd, this.#keys, call), deadline);
    if (leader === null) return null;
    const pool = new RemotePool(openLeaderWire(leader.record));
    return {
      sync: (report, call) => pool.ask("builder-sync", report, call),
      [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
    };
  }
}

function settingsOf({ config }: { readonly config: Config }) {
  const { imagesDir, buildLogDir, elementsDir, scriptDir, buildLogRetention } = config;
  return { folders: { imagesDir, buildLogDir, elementsDir, scriptDir }, buildLogRetention };
}

/** Between two signs of life for the service manager. */
const ALIVE = SECOND;

/** @param deps `runOnSeat`: runs the pool, as soon as this process leads, where it is to do that. @returns the exit code */
export async function runBesideBuilder(
  etcd: EtcdConfig,
  { runOnSeat, ...deps }: MemberDeps & {
    runOnSeat: (how?: Pick<MemberDeps, "onLead">) => Promise<number>;
  },
): Promise<number> {
  const { parts } = deps.options;
  if (!parts.builds) return await runOnSeat();
  await using builder = new DaemonBuilder(etcd, deps);
  if (!parts.pool) return await runAlone(builder, deps);
  const code = await runOnSeat({ onLead: (leadership) => builder.leadership = leadership });
  if (code === ExitCode.done && builder.isBuilding) {
    await letBuildsEnd(deps.signals, (call) => builder.finish(call));
  }
  return code;
}

async function runAlone(builder: DaemonBuilder, deps: MemberDeps): Promise<number> {
  const { options, clock, serviceManager, signals } = deps;
  await using _member = builder.join();
  daemonLog.info("nodepool {version} builds images for the leader of the pool (pid {pid})", {
    version: ownVersion(),
    pid: Deno.pid,
  });
  answerMemberSignals(deps);
  options.onRunning();
  serviceManager?.tell({ READY: 1, STATUS: "builder" });
  while (await sleptThrough(clock, ALIVE, { signal: signals.stopping })) serviceManager?.tellAlive();
  serviceManager?.tell({ STOPPING: 1 });
  if (builder.isBuilding) await letBuildsEnd(signals, (call) => builder.finish(call));
  return tellStop(await signals.stop);
}
