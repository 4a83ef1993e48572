/**
 * Gearman, as the pool uses it: reads from all servers how many nodes are asked for, hands ready nodes over to managers
 * and takes them back. Nothing is tried twice here; the next tick does that. The composition root makes one.
 */
import * as v from "valibot";
import type { GearmanServerConfig } from "../../domain/config.ts";
import type { LinkState } from "../../domain/link_state.ts";
import type { Milliseconds } from "../../domain/time.ts";
import { KeptOpen } from "../../lib/kept_open.ts";
import type { LinkDeps } from "../link.ts";
import { dialTcp } from "../tcp_wire.ts";
import { type Dial, placeOf } from "../wire.ts";
import { demandOf } from "./function_status.ts";
import { GearmanError } from "./gearman_error.ts";
import { JobServer } from "./job_server.ts";

/** The facts about a node that its manager gets. */
interface AssignedNode {
  /** The node's nodename. */
  readonly name: string;
  /** The address to log in to. */
  readonly host: string;
  readonly description: string;
  readonly labels: string;
  /** The folder that jobs work in. */
  readonly root: string;
}

export interface Gearman extends AsyncDisposable {
  /**
   * Connects to these servers, each given once, and no others. The connection to one that was there before is kept, and
   * with it the jobs that wait for their workers.
   */
  configure(servers: readonly GearmanServerConfig[]): Promise<void>;
  /** How its servers stand, in the order given. */
  readonly servers: readonly GearmanServerState[];
  /**
   * How many nodes of each label the jobs in the queues ask for, those of all servers together. A server that is away
   * or cannot tell counts for nothing.
   * @throws the signal's reason on abort
   */
  readDemand(options: { signal: AbortSignal }): Promise<ReadonlyMap<string, number>>;
  /**
   * Hands a node over to a manager of the target: one attempt, with `node_assign:TARGET`.
   * @returns the manager that took it; null: it does not name itself
   * @throws GearmanError, after which a manager may have the node all the same; the signal's reason on abort
   */
  assign(
    target: string,
    node: AssignedNode,
    options: { timeout: Milliseconds; signal: AbortSignal },
  ): Promise<{ manager: string | null }>;
  /**
   * Takes a node from a manager, with `node_revoke:MANAGER`; resolves when a server has the job, which is not waited for.
   * @throws GearmanError; the signal's reason on abort
   */
  revoke(manager: string, name: string, options: { signal: AbortSignal }): Promise<void>;
}

export interface GearmanServerState extends GearmanServerConfig {
  readonly state: LinkState;
}

interface GearmanOptions extends Omit<LinkDeps, "dial"> {
  /** Called with each new state of a server. */
  readonly onState?: (server: GearmanServerState) => void;
  readonly dial?: Dial;
}

/** Connects to nobody yet. */
export function createGearman(
  { onState = () => {}, dial = dialTcp, clock, random }: GearmanOptions,
): Gearman {
  const kept = new KeptOpen<JobServer>(clock);
  let jobServers: readonly JobServer[] = [];

  /** A connected server, one with workers for the function where such are known. */
  const serverFor = (name: string): JobServer => {
    const connected = jobServers.filter(({ state }) => state.status === "connected");
    if (connected.length === 0) throw new GearmanError("away", `${name}: ${whyAway(jobServers)}`);
    const able = connected.filter((server) => server.workersOf(name) > 0);
    return random.pick(able.length > 0 ? able : connected);
  };

  return {
    async configure(servers) {
      const open = (address: GearmanServerConfig) => () =>
        new JobServer({ address, dial, clock, random, onState: (state) => onState({ ...address, state }) });
      await kept.configure(
        new Map(servers.map((address) => [placeOf(address), { by: null, open: open(address) }])),
      );
      jobServers = servers.flatMap((address) => kept.get(placeOf(address)) ?? []);
    },
    get servers() {
      return jobServers.map(({ address, state }) => ({ ...address, state }));
    },
    async readDemand({ signal }) {
      const answers = await Promise.all(jobServers.map((server) => server.readStatus({ signal })));
      return demandOf(answers.filter((answer) => answer !== null));
    },
    async assign(target, node, options) {
      const name = `node_assign:${target}`;
      const server = serverFor(name);
      const job = { name, unique: random.uuid(), argument: JSON.stringify(node) };
      const answer = await server.run(job, options);
      return { manager: managerIn(answer, `${name} at the Gearman server ${placeOf(server.address)}`) };
    },
    async revoke(manager, node, options) {
      const name = `node_revoke:${manager}`;
      const job = { name, unique: random.uuid(), argument: JSON.stringify({ name: node }) };
      await serverFor(name).submit(job, options);
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}

function whyAway(servers: readonly JobServer[]): string {
  if (servers.length === 0) return "no Gearman server is configured; add one to gearman-servers";
  const reasons = servers.map(({ address, state }) =>
    `${placeOf(address)}: ${state.status === "away" ? state.message : state.status}`
  );
  return `no Gearman server is connected (${reasons.join("; ")})`;
}

const answerSchema = v.object({ manager: v.nullish(v.string(), null) });

/**
 * The manager's name, from `{"manager": NAME}`; null where it gives none, also by an empty answer.
 * @param title the function and the server, as a message is to begin
 * @throws GearmanError for anything else
 */
function managerIn(answer: Uint8Array, title: string): string | null {
  const text = new TextDecoder().decode(answer);
  if (text.trim() === "") return null;
  try {
    return v.parse(answerSchema, JSON.parse(text)).manager;
  } catch (cause) {
    throw new GearmanError(
      "badAnswer",
      `${title}: the worker answered ${JSON.stringify(text.slice(0, 80))}, not {"manager": NAME}`,
      { cause },
    );
  }
}
