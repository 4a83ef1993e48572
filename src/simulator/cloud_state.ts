/**
 * All that one simulated cloud is at a moment: servers, images, ports, floating IPs, keypairs, tokens. Checks quotas as the
 * real services do and refuses in their words. Nothing here waits: what takes time is planned as instants. Ports and
 * floating IPs follow servers once `now` was asked for. The API files are its callers.
 */
import type { Instant, Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { ImageBook } from "./image_book.ts";
import type { ContentRoom } from "./image_intake.ts";
import { PortBook } from "./port_book.ts";
import { fingerprintOf, publicKeyOf } from "./ssh_keys.ts";
import { type Manner, type Quirk, quirksOf, quirkySettings } from "./quirk_table.ts";
import { ApiRefusal } from "./answer.ts";
import { ServerBook, type ServerUse } from "./server_book.ts";
import { ServerFiles } from "./server_files.ts";
import { type CloudSettings, type Quotas, sampleSpread } from "./settings.ts";
import type { ImageAtBoot } from "./simulated_image.ts";
import type { SimulatedPort, SimulatedServer } from "./simulated_server.ts";
import { type AddressBlocks, makeStock, type Stock, type StockFlavor } from "./stock.ts";
import { Tokens } from "./tokens.ts";

export interface SimulatedKeypair {
  readonly name: string;
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly createdAt: Instant;
  readonly number: number;
}

/** The server to create, with everything looked up and found. */
export interface ServerWish {
  readonly name: string;
  readonly flavor: StockFlavor;
  readonly imageId: string;
  readonly keypair: SimulatedKeypair | null;
  readonly zone: string | null;
  readonly securityGroups: readonly string[];
  readonly configDrive: boolean;
  readonly metadata: Record<string, string>;
  /** Networks to make ports on, and ports that there are already. */
  readonly networkIds: readonly string[];
  readonly ports: readonly SimulatedPort[];
}

export class CloudState {
  /** As its quirks have them; the object stays the same when they change. */
  readonly settings: CloudSettings;
  readonly stock: Stock;
  /** In force now. */
  quirks: readonly Quirk[];
  readonly servers: ServerBook;
  readonly images: ImageBook;
  readonly tokens = new Tokens();
  readonly keypairs = new Map<string, SimulatedKeypair>();
  readonly network: PortBook;
  /** At first those of the settings; an operator may change them at any time. */
  readonly quotas: Quotas;
  /** By others in the same project; it counts against the quota. */
  readonly foreignUse: ServerUse = { instances: 0, cores: 0, ram: 0 };
  readonly startedAt: Instant;
  readonly random: Random;
  readonly #clock: Clock;
  readonly #blocks: AddressBlocks;
  /** Without any quirk. */
  readonly #plain: CloudSettings;
  #sequence = 0;
  #keypairCount = 0;

  constructor(settings: CloudSettings, options: {
    clock: Clock;
    random: Random;
    blocks: AddressBlocks;
    room: ContentRoom;
    deletedLife: Milliseconds;
  }) {
    this.#plain = settings;
    this.#blocks = options.blocks;
    this.quirks = quirksOf(settings);
    this.settings = { ...quirkySettings(settings, this.quirks) };
    this.quotas = { ...settings.quotas };
    this.#clock = options.clock;
    this.random = options.random;
    this.startedAt = options.clock.now();
    this.stock = makeStock(this.settings, options.blocks);
    this.images = new ImageBook(this.stock, { ...options, settings: this.settings });
    this.network = new PortBook({ ...options, quotas: this.quotas }, this.stock.networks);
    this.servers = new ServerBook({
      clock: options.clock,
      goneLife: options.deletedLife,
      release: (server) => this.network.releaseServer(server),
    });
  }

  /** The cloud's time, with everything due by then done. */
  now(): Instant {
    this.servers.advance();
    return this.#clock.now();
  }

  /**
   * Lets it be like another cloud from now on.
   * @throws Error where that takes other flavors or networks, and there are servers or addresses that use those it has
   */
  adopt(
    { personality = this.settings.personality, quirks: names = this.settings.quirks }: Partial<Manner>,
  ): void {
    const quirks = quirksOf({ personality, quirks: names });
    const settings = quirkySettings({ ...this.#plain, personality, quirks: names }, quirks);
    if (!sameStock(settings, this.settings) && this.#isInUse()) {
      throw new Error(
        `cloud ${settings.name} has servers, ports or floating IPs; delete them first, since its ` +
          "flavors and networks change",
      );
    }
    Object.assign(this.settings, settings);
    Object.assign(this.stock, makeStock(settings, this.#blocks));
    this.network.serve(this.stock.networks);
    this.quirks = quirks;
  }

  #isInUse(): boolean {
    this.now();
    return this.servers.standing().length + this.network.ports.size + this.network.floatingIps.size > 0;
  }

  /** The use that counts for the quota of instances, cores and RAM. */
  use(): ServerUse {
    const [own, foreign] = [this.servers.use(), this.foreignUse];
    return {
      instances: own.instances + foreign.instances,
      cores: own.cores + foreign.cores,
      ram: own.ram + foreign.ram,
    };
  }

  /** @throws ApiRefusal 403 over quota, in Nova's words */
  checkServerQuota(flavor: { vcpus: number; ram: number }, portCount: number): void {
    const { quotas } = this;
    const use = this.use();
    const wanted = { cores: flavor.vcpus, instances: 1, ram: flavor.ram };
    const over = (["cores", "instances", "ram"] as const)
      .filter((key) => quotas[key] >= 0 && use[key] + wanted[key] > quotas[key]);
    if (over.length > 0) {
      const list = (values: Record<"cores" | "instances" | "ram", number>) =>
        over.map((key) => values[key]).join(", ");
      throw new ApiRefusal(
        403,
        `Quota exceeded for ${over.join(", ")}: Requested ${list(wanted)}, but already used ${list(use)} of ${
          list(quotas)
        } ${over.join(", ")}`,
      );
    }
    if (quotas.ports >= 0 && this.network.ports.size + portCount > quotas.ports) {
      throw new ApiRefusal(403, "Maximum number of ports exceeded");
    }
  }

  /** Plans a server's whole life, as far as it goes by itself; faults change the plan afterwards. */
  createServer(wish: ServerWish): SimulatedServer {
    const now = this.#clock.now();
    const bootTime = sampleSpread(this.settings.bootTime, this.random);
    const server: SimulatedServer = {
      id: this.random.uuid(),
      sequence: ++this.#sequence,
      name: wish.name,
      flavor: wish.flavor,
      imageId: wish.imageId,
      imageAtBoot: this.#imageAtBoot(wish.imageId),
      keyName: wish.keypair?.name ?? null,
      publicKey: wish.keypair === null ? null : publicKeyOf(wish.keypair.publicKey),
      zone: wish.zone ?? this.random.pick(this.settings.zones),
      securityGroups: wish.securityGroups,
      configDrive: wish.configDrive,
      createdAt: now,
      metadata: wish.metadata,
      touchedAt: now,
      builtAt: now + bootTime,
      fault: null,
      addressAt: now + Math.floor(bootTime / 2),
      ports: [],
      sshAt: now + bootTime + sampleSpread(this.settings.ssh.delay, this.random),
      ssh: "open",
      hostKeyEpoch: 0,
      commandsRun: 0,
      snapshot: null,
      files: new ServerFiles(),
      traceless: false,
      cellDown: null,
      deleteAskedAt: null,
      goneAt: Infinity,
    };
    server.ports = this.network.attachServer(server, wish);
    this.servers.add(server);
    return server;
  }

  /** Accepts a deletion and plans its end. */
  deleteServer(server: SimulatedServer): void {
    const now = this.#clock.now();
    server.deleteAskedAt = now;
    if (server.snapshot !== null) this.images.loseSnapshot(server.snapshot);
    this.endServer(server, now + sampleSpread(this.settings.deleteTime, this.random));
  }

  /** The facts that a server keeps of its image, whatever becomes of that; null: it boots from a volume. */
  #imageAtBoot(imageId: string): ImageAtBoot | null {
    const image = this.images.get(imageId);
    if (image === undefined) return null;
    const { fields, properties, data } = image;
    return { fields, properties, data: data === null ? null : { ...data, content: null } };
  }

  /** Sets when a server is gone. */
  endServer(server: SimulatedServer, at: Instant): void {
    server.goneAt = at;
    this.servers.ends(server);
  }

  createKeypair(name: string, publicKey: string): SimulatedKeypair {
    if (this.keypairs.has(name)) throw new ApiRefusal(409, `Key pair '${name}' already exists.`);
    const limit = this.quotas.keypairs;
    if (limit >= 0 && this.keypairs.size >= limit) {
      throw new ApiRefusal(403, "Quota exceeded, too many key pairs.");
    }
    if (publicKeyOf(publicKey) === null) {
      throw new ApiRefusal(400, "Keypair data is invalid: failed to generate fingerprint");
    }
    const keypair = {
      name,
      publicKey,
      fingerprint: fingerprintOf(publicKey),
      createdAt: this.#clock.now(),
      number: ++this.#keypairCount,
    };
    this.keypairs.set(name, keypair);
    return keypair;
  }

  /** The server that has the address now, fixed or floating. */
  serverAt(address: string): SimulatedServer | null {
    this.servers.advance();
    return this.network.serverAt(address);
  }
}

function sameStock(one: CloudSettings, other: CloudSettings): boolean {
  const stock = ({ flavors, networks }: CloudSettings) => JSON.stringify([flavors, networks]);
  return stock(one) === stock(other);
}
