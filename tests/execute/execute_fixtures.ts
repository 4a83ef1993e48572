/** For whatever carries out actions: a scripted cloud and shell, a ledger in memory, and an executor over them. */
import type { ServerRequest, WholeCloud } from "../../src/cloud/cloud.ts";
import type { CloudError } from "../../src/domain/cloud_error.ts";
import type { Config } from "../../src/domain/config.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import type { Observation } from "../../src/domain/observation.ts";
import { type DeletionReport, Deletions, type DeletionsDeps } from "../../src/execute/deletions.ts";
import type { Builder } from "../../src/build/builder.ts";
import { localSites } from "../../src/execute/images/local_site.ts";
import { ImageExecutor, type ImageExecutorDeps } from "../../src/execute/images/image_executor.ts";
import { Executor } from "../../src/execute/executor.ts";
import type { TargetAccess } from "../../src/execute/hand_over.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { Action } from "../../src/plan/action.ts";
import type { LoginTarget, Shell } from "../../src/ssh/shell.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import type { Target } from "../../src/targets/target.ts";
import { ScriptedBuilder } from "../build/scripted_builder.ts";
import { config as sampleConfig, INSTALLATION, NOW, seen } from "../plan/plan_fixtures.ts";

/** What was asked of a cloud: the method, and what it was about. */
interface CloudCall {
  readonly method: string;
  readonly subject: unknown;
}

export type Scripted = Partial<Omit<WholeCloud, "stats">>;

/** A cloud that does what the script says, writes down each call, and refuses what the script leaves out. */
export function scriptedCloud(script: Scripted = {}): WholeCloud & { readonly calls: CloudCall[] } {
  const calls: CloudCall[] = [];
  const answer = (method: string) => (...args: unknown[]) => {
    calls.push({ method, subject: args[0] });
    const scripted = script[method as keyof Scripted] as ((...args: unknown[]) => unknown) | undefined;
    if (scripted !== undefined) return scripted(...args);
    return Promise.reject(new Error(`${method} is not in the script`));
  };
  const close = () => {
    calls.push({ method: "close", subject: null });
    return Promise.resolve();
  };
  const target = { calls, [Symbol.asyncDispose]: close } as WholeCloud & { calls: CloudCall[] };
  return new Proxy(target, {
    get: (target, name) => name in target ? target[name as keyof typeof target] : answer(String(name)),
  });
}

export const HOST_KEY = "ssh-ed25519 AAAA";

/** A shell that logs in as the function says. */
export function scriptedShell(
  login: (target: LoginTarget) => Promise<{ exitCode: number; output: string }> = () =>
    Promise.resolve({ exitCode: 0, output: "" }),
  connect: Shell["connect"] = () => Promise.reject(new Error("this shell only logs in")),
): Shell & { readonly targets: LoginTarget[] } {
  const targets: LoginTarget[] = [];
  return {
    targets,
    async login(target) {
      targets.push(target);
      return { ...await login(target), hostKey: HOST_KEY };
    },
    connect,
  };
}

/** A target that does with each call what the function does, which is given the method. */
export function scriptedTarget(answer: (method: string) => Promise<unknown>): Target {
  return new Proxy({} as Target, { get: (_target, method) => () => answer(String(method)) });
}

/** Runs until it is told how to end. */
export function gate<Value>() {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  return { run: () => promise, open: resolve, fail: reject };
}

interface LedgerKit {
  readonly clock: VirtualClock;
  readonly store: ReturnType<typeof createMemoryStore>;
  readonly ledger: Ledger;
  put(...nodes: readonly NodeRecord[]): Promise<void>;
}

/** A ledger in memory with those nodes; the time is NOW. */
export async function ledgerWith(...nodes: readonly NodeRecord[]): Promise<LedgerKit> {
  const clock = new VirtualClock(NOW);
  const installation = { id: INSTALLATION, createdAt: NOW };
  const store = createMemoryStore({ clock, random: seededRandom(1), installation });
  const ledger = await Ledger.load(store, { clock });
  const put = (...more: readonly NodeRecord[]) =>
    ledger.edit((edit) => more.forEach((node) => edit.putNode(node)));
  await put(...nodes);
  return { clock, store, ledger, put };
}

export interface ExecutorKit extends LedgerKit, AsyncDisposable {
  readonly executor: Executor;
  readonly cloud: ReturnType<typeof scriptedCloud>;
  readonly shell: ReturnType<typeof scriptedShell>;
  /** What the provider was told: `accepted`, `refused KIND`, `catalog wrong`. */
  readonly told: string[];
  readonly defects: unknown[];
  /** How often it asked for another plan. */
  readonly woken: () => number;
  /** By the kit's configuration. */
  dispatch(actions: readonly Action[]): void;
  /** Dispatches and waits for what it comes to. */
  run(...actions: readonly Action[]): Promise<void>;
  /** The node as it is stored. */
  node(id?: number): NodeRecord | undefined;
}

export async function executorKit(
  { nodes = [], cloud = {}, login, config = sampleConfig(), observation = seen(), ...deps }: {
    nodes?: readonly NodeRecord[];
    cloud?: Scripted;
    login?: Parameters<typeof scriptedShell>[0];
    config?: Config;
    observation?: Observation;
    readKey?: (path: string) => Promise<string>;
    connect?: Shell["connect"];
    target?: TargetAccess;
    endJob?: () => Promise<void>;
  } = {},
): Promise<ExecutorKit> {
  const kit = await ledgerWith(...nodes);
  const [scripted, shell] = [scriptedCloud(cloud), scriptedShell(login, deps.connect)];
  const [told, defects] = [[] as string[], [] as unknown[]];
  let woken = 0;
  const access = {
    cloud: scripted,
    deletions: deletionsOf(scripted, kit.ledger),
    observation,
    noteAccepted: () => told.push("accepted"),
    noteRefusal: (error: CloudError) => told.push(`refused ${error.kind}`),
    noteCatalogWrong: () => told.push("catalog wrong"),
  };
  const executor = new Executor({
    ledger: kit.ledger,
    shell,
    clock: kit.clock,
    provider: (name) => name === "cloud-a" ? access : null,
    target: () => deps.target ?? null,
    readKey: deps.readKey ?? (() => Promise.resolve("the key")),
    makeKeypair: () => Promise.resolve({ publicKey: "ssh-ed25519 AAAA", privateKey: "private" }),
    scriptVariables: () => ({}),
    endJob: deps.endJob ?? (() => Promise.resolve()),
    wake: () => woken++,
    onDefect: (_action, error) => defects.push(error),
  });
  return {
    ...kit,
    executor,
    cloud: scripted,
    shell,
    told,
    defects,
    woken: () => woken,
    dispatch: (actions) => executor.dispatch(actions, config),
    async run(...actions) {
      executor.dispatch(actions, config);
      await executor.settled();
    },
    node: (id = 7) => kit.ledger.nodes.get(id),
    [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose](),
  };
}

/** Deletions on `cloud-a`; what becomes of them is put into `reports`. */
export function deletionsOf(
  cloud: DeletionsDeps["cloud"],
  ledger: DeletionsDeps["ledger"],
  { reports = [], whyFrozen = () => null, clock = new VirtualClock(NOW) }: {
    reports?: DeletionReport[];
    clock?: DeletionsDeps["clock"];
    whyFrozen?: () => string | null;
  } = {},
): Deletions {
  const tell = (report: DeletionReport) => void reports.push(report);
  return new Deletions({ provider: "cloud-a", cloud, ledger, clock, whyFrozen, tell });
}

/** An executor of images over the kit's ledger and cloud. */
export function imageExecutorOf(
  kit: Pick<ExecutorKit, "ledger" | "clock" | "shell" | "cloud" | "told" | "defects">,
  deps: Partial<ImageExecutorDeps> & { readonly observation?: Observation; readonly builder?: Builder } = {},
): ImageExecutor {
  const { observation = seen(), builder = new ScriptedBuilder({ clock: kit.clock }), ...others } = deps;
  const access = {
    cloud: kit.cloud,
    deletions: deletionsOf(kit.cloud, kit.ledger),
    observation,
    noteAccepted: () => {},
    noteRefusal: () => {},
    noteCatalogWrong: () => {},
  };
  return new ImageExecutor({
    ledger: kit.ledger,
    sites: localSites({
      builder,
      clock: kit.clock,
      // The kit closes its cloud itself.
      openCloud: () =>
        Object.create(kit.cloud, { [Symbol.asyncDispose]: { value: () => Promise.resolve() } }),
      buildWorkers: 1,
      uploadWorkers: 4,
    }),
    trimLogs: (folder, options) => builder.trimLogs(folder, options),
    shell: kit.shell,
    clock: kit.clock,
    provider: (name) => name === "cloud-a" ? access : null,
    readKey: () => Promise.resolve("the key"),
    makeKeypair: () => Promise.resolve({ publicKey: "ssh-ed25519 AAAA", privateKey: "private" }),
    openLog: () => Promise.resolve({ write() {}, [Symbol.asyncDispose]: () => Promise.resolve() }),
    scriptVariables: () => ({}),
    wake: () => {},
    onDefect: (_action, error) => kit.defects.push(error),
    ...others,
  });
}

/** What was asked for when a server was. */
export function serverRequests(cloud: { readonly calls: readonly CloudCall[] }): ServerRequest[] {
  return cloud.calls.filter(({ method }) => method === "createServer").map(({ subject }) =>
    subject as ServerRequest
  );
}
