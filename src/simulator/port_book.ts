/**
 * Ports and floating IPs of one cloud, and the addresses they hold. `CloudState` makes and frees the ports of its
 * servers here; everything else is the network API's.
 */
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Quotas } from "./settings.ts";
import { ApiRefusal } from "./answer.ts";
import type { SimulatedFloatingIp, SimulatedPort, SimulatedServer } from "./simulated_server.ts";
import type { StockNetwork } from "./stock.ts";

interface PortGround {
  readonly clock: Clock;
  readonly random: Random;
  /** Read each time. */
  readonly quotas: Quotas;
}

export class PortBook {
  readonly ports = new Map<string, SimulatedPort>();
  readonly floatingIps = new Map<string, SimulatedFloatingIp>();
  readonly #ground: PortGround;
  readonly #pools = new Map<string, AddressPool>();
  readonly #byAddress = new Map<string, SimulatedPort>();
  readonly #floatingByAddress = new Map<string, SimulatedFloatingIp>();

  constructor(ground: PortGround, networks: readonly StockNetwork[]) {
    this.#ground = ground;
    this.serve(networks);
  }

  /** Hands out addresses of these networks, too. */
  serve(networks: readonly StockNetwork[]): void {
    for (const { id, block } of networks) {
      if (!this.#pools.has(id)) this.#pools.set(id, new AddressPool(block));
    }
  }

  /** Ports for a new server, one on each network; those that there are already come first. */
  attachServer(
    server: SimulatedServer,
    { ports, networkIds }: { ports: readonly SimulatedPort[]; networkIds: readonly string[] },
  ): SimulatedPort[] {
    for (const port of ports) port.server = server;
    return [...ports, ...networkIds.map((networkId) => this.#makePort({ networkId, name: "", server }))];
  }

  /** Frees what a server that went had. */
  releaseServer(server: SimulatedServer): void {
    for (const port of server.ports) {
      if (port.goesWithServer) this.deletePort(port);
      else port.server = null;
    }
  }

  /** The server that has the address, fixed or floating. */
  serverAt(address: string): SimulatedServer | null {
    const port = this.#byAddress.get(address) ?? this.#floatingByAddress.get(address)?.port ?? null;
    return port?.server ?? null;
  }

  /** @throws ApiRefusal 409 where the network has no address left, or over quota */
  createPort(networkId: string, name: string): SimulatedPort {
    const limit = this.#ground.quotas.ports;
    if (limit >= 0 && this.ports.size >= limit) throw overQuota("port");
    return this.#makePort({ networkId, name, server: null });
  }

  deletePort(port: SimulatedPort): void {
    this.ports.delete(port.id);
    this.#byAddress.delete(port.address);
    this.#pools.get(port.networkId)!.release(port.address);
    if (port.floatingIp !== null) this.detachFloatingIp(port.floatingIp);
    if (port.server !== null) port.server.ports = port.server.ports.filter((other) => other !== port);
    port.server = null;
  }

  createFloatingIp(
    networkId: string,
    options: { port: SimulatedPort | null; description: string },
  ): SimulatedFloatingIp {
    const limit = this.#ground.quotas.floatingIps;
    if (limit >= 0 && this.floatingIps.size >= limit) throw overQuota("floatingip");
    const floatingIp: SimulatedFloatingIp = {
      id: this.#ground.random.uuid(),
      networkId,
      address: this.#takeAddress(networkId),
      createdAt: this.#ground.clock.now(),
      description: options.description,
      port: null,
    };
    this.floatingIps.set(floatingIp.id, floatingIp);
    this.#floatingByAddress.set(floatingIp.address, floatingIp);
    if (options.port !== null) this.attachFloatingIp(floatingIp, options.port);
    return floatingIp;
  }

  attachFloatingIp(floatingIp: SimulatedFloatingIp, port: SimulatedPort): void {
    this.detachFloatingIp(floatingIp);
    floatingIp.port = port;
    port.floatingIp = floatingIp;
    if (port.server !== null) port.server.touchedAt = this.#ground.clock.now();
  }

  detachFloatingIp(floatingIp: SimulatedFloatingIp): void {
    if (floatingIp.port === null) return;
    if (floatingIp.port.server !== null) floatingIp.port.server.touchedAt = this.#ground.clock.now();
    floatingIp.port.floatingIp = null;
    floatingIp.port = null;
  }

  deleteFloatingIp(floatingIp: SimulatedFloatingIp): void {
    this.detachFloatingIp(floatingIp);
    this.floatingIps.delete(floatingIp.id);
    this.#floatingByAddress.delete(floatingIp.address);
    this.#pools.get(floatingIp.networkId)!.release(floatingIp.address);
  }

  #makePort(wish: { networkId: string; name: string; server: SimulatedServer | null }): SimulatedPort {
    const address = this.#takeAddress(wish.networkId);
    const numbers = address.split(".").slice(1).map((part) => Number(part).toString(16).padStart(2, "0"));
    const port: SimulatedPort = {
      id: this.#ground.random.uuid(),
      address,
      mac: `fa:16:3e:${numbers.join(":")}`,
      createdAt: this.#ground.clock.now(),
      goesWithServer: wish.server !== null,
      floatingIp: null,
      down: false,
      ...wish,
    };
    this.ports.set(port.id, port);
    this.#byAddress.set(address, port);
    return port;
  }

  #takeAddress(networkId: string): string {
    const address = this.#pools.get(networkId)?.take() ?? null;
    if (address === null) {
      throw new ApiRefusal(409, `No more IP addresses available on network ${networkId}.`, {
        type: "IpAddressGenerationFailure",
      });
    }
    return address;
  }
}

function overQuota(resource: string): ApiRefusal {
  return new ApiRefusal(409, `Quota exceeded for resources: ['${resource}'].`, { type: "OverQuota" });
}

/** The addresses of one 127.N.0.0/16: each given out to one holder at a time, the longest unused first. */
class AddressPool {
  readonly #block: number;
  readonly #used = new Set<number>();
  #next = FIRST_HOST;

  constructor(block: number) {
    this.#block = block;
  }

  /** The next free address; null where all are taken. */
  take(): string | null {
    if (this.#used.size > LAST_HOST - FIRST_HOST) return null;
    while (this.#used.has(this.#next)) this.#step();
    const host = this.#next;
    this.#used.add(host);
    this.#step();
    return `127.${this.#block}.${host >> 8}.${host & 255}`;
  }

  release(address: string): void {
    const [, , high, low] = address.split(".").map(Number);
    this.#used.delete((high! << 8) | low!);
  }

  #step(): void {
    this.#next = this.#next === LAST_HOST ? FIRST_HOST : this.#next + 1;
  }
}

/** .0.0 is the network, .0.1 its gateway. */
const FIRST_HOST = 2;
/** .255.255 is the broadcast address. */
const LAST_HOST = 0xfffe;
