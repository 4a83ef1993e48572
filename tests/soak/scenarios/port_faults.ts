/**
 * Faults of what a pool is given to work with: a function of a port throws, rejects late, or does not settle before it is
 * mended, whether its signal is aborted or not. What a port gives out (a cloud, a session) is a port as well.
 */
import { SECOND } from "../../../src/domain/time.ts";
import type { PoolDeps } from "../../../src/pool/pool_deps.ts";
import type { VirtualClock } from "../../virtual_clock.ts";

/** How a function of a port is out of order. */
export const ways = ["throws", "rejects late", "hangs until aborted", "hangs"] as const;

export type Way = typeof ways[number];

interface Fault {
  readonly path: string;
  readonly way: Way;
  readonly mended: PromiseWithResolvers<void>;
}

type Called = (...args: unknown[]) => unknown;

const LATE = 3 * SECOND;

/** Functions that give no promise: all that they can do is throw. */
const PLAIN =
  /^(metrics|serviceManager|log\.write|openCloud|openTarget|openGearman|listenToJobs|scriptVariables)/;

export class PortFaults {
  readonly #clock: VirtualClock;
  #fault: Fault | null = null;
  /** How often a function was called that was out of order. */
  hits = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** @param path of a function: `cloud one.listServers` */
  break(path: string, way: Way): void {
    this.#fault = { path, way, mended: Promise.withResolvers() };
  }

  mend(): void {
    this.#fault?.mended.resolve();
    this.#fault = null;
  }

  /** The port, any of whose functions may be out of order. */
  through<Port extends object>(name: string, port: Port): Port {
    return new Proxy(port, {
      get: (of, key) => {
        const value = Reflect.get(of, key);
        if (typeof value !== "function") return value;
        return this.calling(`${name}.${typeof key === "symbol" ? key.description : key}`, value.bind(of));
      },
    });
  }

  /** A port that is a function. @param give what becomes of what it gives */
  calling<Port>(
    path: string,
    port: Port,
    give: (given: never, ...args: never[]) => unknown = (given) => given,
  ): Port {
    const run: Called = (...args) => {
      const given = (port as Called)(...args);
      return given instanceof Promise
        ? given.then((one) => give(one as never, ...args as never[]))
        : give(given as never, ...args as never[]);
    };
    return ((...args: unknown[]) => this.#call(path, run, args)) as Port;
  }

  #call(path: string, run: Called, args: unknown[]): unknown {
    const fault = this.#fault;
    if (fault?.path !== path) return run(...args);
    this.hits++;
    const error = new TypeError(`a fault of ${path}`);
    if (fault.way === "throws" || PLAIN.test(path)) throw error;
    return this.#failLate(fault, { error, signal: signalIn(args) });
  }

  async #failLate({ way, mended }: Fault, { error, signal }: { error: Error; signal: AbortSignal | null }) {
    if (way === "rejects late") await Promise.race([this.#clock.sleep(LATE), mended.promise]);
    else {
      const aborted = Promise.withResolvers<void>();
      if (way === "hangs until aborted") signal?.addEventListener("abort", () => aborted.resolve());
      await Promise.race([mended.promise, aborted.promise]);
      if (way === "hangs until aborted") signal?.throwIfAborted();
    }
    throw error;
  }
}

function signalIn(args: readonly unknown[]): AbortSignal | null {
  for (const arg of args) {
    if (typeof arg === "object" && arg !== null && "signal" in arg) return arg.signal as AbortSignal;
  }
  return null;
}

/** All that a pool is given, through the faults; with Gearman, a publisher, a target and a service manager in memory. */
export function depsThrough(faults: PortFaults, deps: PoolDeps): PoolDeps {
  const opened = (name: string) => (port: object) => faults.through(name, port);
  return {
    ...deps,
    store: faults.through("store", deps.store),
    shell: faults.through("shell", {
      ...deps.shell,
      connect: faults.calling("shell.open", deps.shell.connect, opened("session")),
    }),
    openCloud: faults.calling(
      "openCloud",
      deps.openCloud,
      (cloud: object, { name }: { name: string }) => faults.through(`cloud ${name}`, cloud),
    ),
    builder: faults.through("builder", deps.builder),
    readFile: faults.calling("readFile", deps.readFile),
    stat: faults.calling("stat", deps.stat),
    readConfig: faults.calling("readConfig", deps.readConfig),
    openLog: faults.calling("openLog", deps.openLog, opened("log")),
    scriptVariables: faults.calling("scriptVariables", deps.scriptVariables),
    serviceManager: faults.through("serviceManager", {
      watchdog: 20 * SECOND,
      tell() {},
      tellAlive() {},
      tellReloading() {},
    }),
    watchedConfig: { first: "1", stamp: faults.calling("stamp", () => Promise.resolve("1")) },
    openGearman: faults.calling("openGearman", gearman, opened("gearman")),
    listenToJobs: faults.calling("listenToJobs", publisher, opened("publisher")),
    openTarget: faults.calling("openTarget", target, opened("target")),
  };
}

const connected = { status: "connected", since: 0 } as const;
const closed = { [Symbol.asyncDispose]: () => Promise.resolve() };

const gearman: PoolDeps["openGearman"] = (onState) => {
  let servers: ReturnType<PoolDeps["openGearman"]>["servers"] = [];
  return {
    ...closed,
    configure(all) {
      servers = all.map((one) => ({ ...one, state: connected }));
      servers.forEach(onState);
      return Promise.resolve();
    },
    get servers() {
      return servers;
    },
    readDemand: () => Promise.resolve(new Map([["right", 1]])),
    assign: () => Promise.resolve({ manager: null }),
    revoke: () => Promise.resolve(),
  };
};

const publisher: PoolDeps["listenToJobs"] = ({ endpoint }) => ({ ...closed, endpoint, state: connected });

const target: PoolDeps["openTarget"] = () => ({
  ...closed,
  observe: () => Promise.resolve({ online: true }),
  createAgent: () => Promise.resolve("created"),
  relabelAgent: () => Promise.resolve(),
  isIdle: () => Promise.resolve(true),
  deleteAgent: () => Promise.resolve("deleted"),
  startJob: () => Promise.resolve(),
});
