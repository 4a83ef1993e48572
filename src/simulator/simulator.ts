/**
 * An OpenStack in one process: Keystone, Nova, Neutron and Glance of one or more clouds, with servers that can be
 * logged in to. All time is the clock's and all chance is `random`'s: with a virtual clock and a seed it does
 * the same every time. It opens no socket by itself; `serveSimulator` puts it on the network.
 */
import type { Send } from "../http/send.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Shell } from "../ssh/shell.ts";
import type { ApiBuilder } from "./api.ts";
import { type ApiAnswer, ApiRefusal, errorAnswer, jsonAnswer, type Service } from "./answer.ts";
import { CloudState } from "./cloud_state.ts";
import { computeApi } from "./compute_api.ts";
import { type ControlApi, controlApi } from "./control_api.ts";
import { type ApiRequest, type Breakage, Exchange } from "./exchange.ts";
import { type ArmedFault, FaultBoard } from "./fault.ts";
import { identityApi } from "./identity_api.ts";
import { imageApi } from "./image_api.ts";
import { ContentRoom } from "./image_intake.ts";
import { Journal } from "./journal.ts";
import { networkApi } from "./network_api.ts";
import {
  completeSettings,
  type FaultRuleInput,
  type SimulatorInput,
  type SimulatorSettings,
} from "./settings.ts";
import { recordIdOf } from "./simulated_image.ts";
import { nodeIdOf, type SimulatedServer } from "./simulated_server.ts";
import { createSimulatedShell } from "./simulated_shell.ts";
import { createSimulatorSend } from "./simulator_send.ts";
import { AddressBlocks } from "./stock.ts";

interface SimulatorOptions extends SimulatorInput {
  readonly clock: Clock;
  readonly random: Random;
}

/** Makes a simulator; see `SimulatorInput` for what can be set. Throws an Error that names every wrong setting. */
export function createSimulator({ clock, random, ...input }: SimulatorOptions): Simulator {
  return new Simulator(completeSettings(input), { clock, random });
}

export class Simulator implements Disposable {
  readonly settings: SimulatorSettings;
  readonly journal: Journal;
  /** By name, in the order of the settings. */
  readonly clouds: ReadonlyMap<string, CloudState>;
  readonly clock: Clock;
  /** Requests in-process: the port below the OpenStack client. */
  readonly send: Send;
  /** Logins in-process, for virtual time. */
  readonly shell: Shell;
  readonly #random: Random;
  readonly #faults: FaultBoard;
  readonly #over = new AbortController();
  readonly #apis: Readonly<Record<Exclude<Service, "simulator">, ApiBuilder>>;
  readonly #control: ControlApi;

  constructor(settings: SimulatorSettings, { clock, random }: { clock: Clock; random: Random }) {
    this.settings = settings;
    this.clock = clock;
    this.#random = random;
    this.journal = new Journal(settings.journalSize);
    this.clouds = makeClouds(settings, { clock, random });
    this.#faults = new FaultBoard({ random, startedAt: clock.now(), clouds: [...this.clouds.keys()] });
    const context = { clock, faults: this.#faults, signal: this.#over.signal };
    this.#apis = {
      identity: identityApi(context),
      compute: computeApi(context),
      network: networkApi(context),
      image: imageApi(context),
    };
    this.#control = controlApi(this);
    this.send = createSimulatorSend(this);
    this.shell = createSimulatedShell(this);
    for (const rule of settings.faults) this.arm(rule);
  }

  /** Aborted once the simulator is disposed of. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** The rules in force, and how often each struck. */
  get faults(): readonly ArmedFault[] {
    return this.#faults.armed;
  }

  /**
   * Puts a fault in force; some strike servers that are there already.
   * @throws Error for a rule that cannot be used
   */
  arm(rule: FaultRuleInput): ArmedFault {
    const armed = this.#faults.arm(rule);
    for (const cloud of this.clouds.values()) this.#strikeStanding(armed, cloud);
    return armed;
  }

  /** Takes one rule out of force, or all; whether there was any. What it held up goes on; what is done stays. */
  disarm(id?: number): boolean {
    return this.#faults.disarm(id, this.clock.now());
  }

  /** A cloud by name; the first without one. Throws an Error for an unknown name. */
  cloud(name?: string): CloudState {
    const cloud = name === undefined ? this.clouds.values().next().value : this.clouds.get(name);
    if (cloud === undefined) throw new Error(`the simulator has no cloud ${name}`);
    return cloud;
  }

  /** The server that has the address now. */
  serverAt(address: string): { cloud: CloudState; server: SimulatedServer } | null {
    this.#faults.advance(this.clock.now());
    for (const cloud of this.clouds.values()) {
      const server = cloud.serverAt(address);
      if (server !== null) return { cloud, server };
    }
    return null;
  }

  /** Answers one request, or tells how its connection ends; writes the journal. Called by `send` and the server. */
  async answer({ method, url: asked, headers, body }: ApiRequest): Promise<ApiAnswer | Breakage> {
    this.#faults.advance(this.clock.now());
    const url = new URL(asked);
    const [, first = "", ...rest] = url.pathname.split("/");
    if (first === "_simulator") return await this.#control({ method, url: asked, headers, body });
    if (first === "") return jsonAnswer(200, { clouds: [...this.clouds.keys()].map((name) => `/${name}`) });
    const named = this.clouds.get(first);
    const cloud = named ?? this.cloud();
    const parts = named === undefined ? [first, ...rest] : rest;
    const service = parts[0] as Exclude<Service, "simulator">;
    const api = this.#apis[service];
    if (api === undefined) {
      return errorAnswer("identity", new ApiRefusal(404, `no service at ${url.pathname}`));
    }
    const exchange = new Exchange(cloud, service, {
      base: url.origin + (named === undefined ? "" : `/${first}`),
      method,
      path: "/" + parts.slice(1).filter((part) => part !== "").join("/"),
      query: url.searchParams,
      headers,
      body,
      requestId: `req-${this.#random.uuid()}`,
    });
    return await this.#exchange(api, exchange, url.search);
  }

  async #exchange(api: ApiBuilder, exchange: Exchange, search: string): Promise<ApiAnswer | Breakage> {
    const { cloud, service, options: { method, path } } = exchange;
    const at = this.clock.now();
    const outcome = await api.answer(exchange).catch(unexpected);
    if (outcome !== "silence") await exchange.dropBody();
    this.journal.add({
      at,
      cloud: cloud.settings.name,
      service,
      operation: exchange.operation,
      method,
      path: `/${service}${path}${search}`,
      status: typeof outcome === "string" ? null : outcome.status,
      serverId: exchange.server?.id ?? null,
      nodeId: exchange.server && nodeIdOf(exchange.server),
      imageId: exchange.image?.id ?? null,
      imageRecordId: exchange.image && recordIdOf(exchange.image),
      effect: exchange.effect ?? false,
      fault: exchange.fault,
    });
    return outcome;
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error("the simulator has ended"));
  }

  #strikeStanding(armed: ArmedFault, cloud: CloudState): void {
    const now = cloud.now();
    for (const server of [...cloud.servers.standing()]) {
      const subject = { cloud: cloud.settings.name, service: "compute", operation: "server.create" };
      const blow = this.#faults.strikesStanding(armed, { ...subject, names: [server.name] }, now);
      if (blow !== null) armed.fault.standing!(blow, server, cloud);
    }
  }
}

/** A mistake of the simulator's own. */
function unexpected(error: unknown): ApiAnswer {
  console.error(error);
  return {
    status: 500,
    headers: { "content-type": "text/plain; charset=UTF-8" },
    body: "Internal Server Error",
  };
}

function makeClouds(
  settings: SimulatorSettings,
  { clock, random }: { clock: Clock; random: Random },
): Map<string, CloudState> {
  const { deletedLife } = settings;
  const blocks = new AddressBlocks(
    settings.clouds.flatMap((cloud) => cloud.networks.map((one) => one.subnet)),
  );
  const room = new ContentRoom();
  const clouds = new Map<string, CloudState>();
  for (const cloud of settings.clouds) {
    clouds.set(cloud.name, new CloudState(cloud, { clock, random, blocks, room, deletedLife }));
  }
  return clouds;
}
