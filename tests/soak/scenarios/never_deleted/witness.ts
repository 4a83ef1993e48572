/**
 * Knows from outside what lives: which servers are somebody else's, which carry a job (for the client that took them, not
 * for the record), which are held. It looks at every DELETE at the moment at which a simulated cloud gets it, and at each
 * grant; nothing of the code under test tells it what is right.
 */
import { type NodeRecord, serverIdOf, stateName } from "../../../../src/domain/node.ts";
import { externalIdOf, imageStateName, type ProviderImage } from "../../../../src/domain/provider_image.ts";
import type { Simulator } from "../../../../src/simulator/simulator.ts";
import type { VirtualPool } from "../../../scenarios/virtual_pool.ts";

/** What a client took, until it gives it back. */
export interface Job {
  readonly nodeId: number;
  /** Of the node and its subnodes. */
  readonly serverIds: readonly string[];
  readonly floatingIps: readonly { readonly id: string; readonly serverId: string | null }[];
}

export class Witness {
  readonly violations: string[] = [];
  readonly jobs = new Set<Job>();
  /** Servers that somebody holds. */
  readonly held = new Set<string>();
  /** Servers, floating IPs and images that the pool did not make, or that somebody has taken over. */
  readonly foreign = new Set<string>();
  /** Servers whose marks somebody has edited, with their floating IPs: only records tell whose they are. */
  readonly edited = new Set<string>();
  readonly #everTaken = new Set<string>();
  readonly #simulator: Simulator;
  readonly #pools: () => readonly VirtualPool[];

  /** @param pools those that run */
  constructor(simulator: Simulator, pools: () => readonly VirtualPool[]) {
    this.#simulator = simulator;
    this.#pools = pools;
    for (const cloud of simulator.clouds.values()) {
      for (const { id } of cloud.stock.images) this.foreign.add(id);
    }
    const answer = simulator.answer.bind(simulator);
    simulator.answer = (request) => {
      if (request.method === "DELETE") this.#see(new URL(request.url).pathname);
      return answer(request);
    };
  }

  /** A client has been given nodes. */
  take(job: Job): void {
    for (const id of job.serverIds) {
      const why = this.#whyNotTaken(id);
      if (why !== null) this.#tell(`node ${job.nodeId} was handed out with server ${id}, which ${why}`);
      this.#everTaken.add(id);
    }
    this.jobs.add(job);
  }

  #whyNotTaken(serverId: string): string | null {
    const job = this.jobOf(serverId);
    if (job !== undefined) return `a client still has as node ${job.nodeId}`;
    if (this.#everTaken.has(serverId)) return "was in use before";
    if (this.held.has(serverId)) return "is held";
    return this.foreign.has(serverId) ? "is somebody else's" : null;
  }

  jobOf(serverId: string): Job | undefined {
    return [...this.jobs].find(({ serverIds }) => serverIds.includes(serverId));
  }

  #see(path: string): void {
    const [, , service, , kind, id = ""] = path.split("/");
    const why = this.#whyKept(`${service} ${kind}`, id);
    if (why !== null) this.#tell(`a DELETE was sent to ${kind} ${id}, which ${why}`);
  }

  #whyKept(kind: string, id: string): string | null {
    if (this.foreign.has(id)) return "is somebody else's";
    switch (kind) {
      case "compute servers":
        return this.#whyServerKept(id);
      case "network floatingips": {
        const job = [...this.jobs].find((job) => this.#leadsTo(job, id));
        if (job !== undefined) return `leads to node ${job.nodeId}, which a client has`;
        return named(
          this.#nodes().filter((node) => node.floatingIp?.id === id && this.#stands(serverIdOf(node))),
        );
      }
      case "image images":
        return this.#whyImageKept(id);
      default:
        return null;
    }
  }

  #whyServerKept(id: string): string | null {
    const job = this.jobOf(id);
    if (job !== undefined && !this.#isOver(job, id)) return `a client has as node ${job.nodeId}`;
    if (this.held.has(id)) return "is held";
    if (!this.#stands(id)) return null;
    return named(this.#nodes().filter((node) => serverIdOf(node) === id));
  }

  /**
   * What is gone is not sent a DELETE either; but what went with it may be, and a second daemon, to which the node is
   * ready, may find that it does not answer.
   */
  #isOver({ serverIds: [own] }: Job, id: string): boolean {
    return !this.#stands(own) && (id !== own || this.#pools().length > 1);
  }

  /** Whether the floating IP still serves a job: to the node or a subnode whose server is there. */
  #leadsTo({ serverIds: [own], floatingIps }: Job, floatingIpId: string): boolean {
    return floatingIps.some(({ id, serverId }) =>
      id === floatingIpId && this.#stands(own) && this.#stands(serverId)
    );
  }

  #whyImageKept(id: string): string | null {
    const images = this.#pools().flatMap(({ pool }) => pool.report().images).filter((image) =>
      externalIdOf(image) === id
    );
    return images.length === 0 || images.some(isDeleted) ? null : `image ${images[0]!.id} has`;
  }

  /** Whether a server is there. */
  #stands(serverId: string | null = null): boolean {
    return [...this.#simulator.clouds.values()].some((cloud) =>
      cloud.servers.standing().some(({ id }) => id === serverId)
    );
  }

  /** Records of both daemons; a subnode's whose node is gone has nothing to live for. */
  #nodes(): readonly NodeRecord[] {
    return this.#pools().flatMap(({ pool }) => {
      const { nodes } = pool.report();
      const gone = new Set(
        nodes.filter((node) => !this.#stands(serverIdOf(node))).map(({ id }) => id),
      );
      return nodes.filter(({ parentId }) => parentId === null || !gone.has(parentId));
    });
  }

  #tell(what: string): void {
    this.violations.push(what);
  }
}

/** Of two daemons, the one that knows that its use is over is right. */
function named(nodes: readonly NodeRecord[]): string | null {
  const living = nodes.filter((node) => stateName(node) !== "delete");
  return living.length === 0 || living.length < nodes.length
    ? null
    : `node ${living[0]!.id} (${stateName(living[0]!)}) has`;
}

function isDeleted(image: ProviderImage): boolean {
  return imageStateName(image) === "delete" || image.state.phase === "gone";
}
