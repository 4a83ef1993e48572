/**
 * A real etcd of three members on loopback, with TLS and users, in a folder that goes with it. Everybody reaches each
 * member through a proxy that a test can break: clients through one, its peers through another. Members can be killed,
 * stopped, continued and started again. Its addresses are its own, so that clusters run side by side.
 */
import type { EtcdConfig } from "../../src/domain/etcd_config.ts";
import type { Etcd } from "../../src/etcd/etcd.ts";
import { openEtcd } from "../../src/etcd/etcd_gateway.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { eventually } from "../eventually.ts";
import { exists } from "../exists.ts";
import type { Need } from "../needs.ts";
import {
  clusterConfig,
  type ClusterSetup,
  configLines,
  etcdctl,
  makeCertificates,
  makeUsers,
  memberArguments,
  restoreMember,
} from "./etcd_setup.ts";
import { EtcdMember } from "./etcd_member.ts";
import { ownsPort } from "./owns_port.ts";
import { TcpProxy } from "./tcp_proxy.ts";

/** What a test with a cluster needs, for `testNeeding`. */
export const etcdNeeds = ["etcd", "etcdctl", "openssl"] as const satisfies readonly Need[];

interface ClusterOptions extends Partial<Pick<ClusterSetup, "tls" | "quota" | "tokenTtl">> {
  /** Members; 3 by default. */
  readonly size?: number;
  /** Whether it asks for a user and a password; true by default. */
  readonly users?: boolean;
  /** Whether it is reached without proxies: nothing can be cut then, and nothing but etcd takes time. */
  readonly isDirect?: boolean;
}

const { signal } = new AbortController();

export class EtcdCluster implements AsyncDisposable {
  readonly members: readonly EtcdMember[];
  readonly #setup: ClusterSetup;
  readonly #hasUsers: boolean;

  static async start(
    { size = 3, tls = true, users: hasUsers = true, isDirect = false, ...rest }: ClusterOptions = {},
  ): Promise<EtcdCluster> {
    const folder = await Deno.makeTempDir({ prefix: "nodepool-etcd-" });
    const data = await Deno.makeTempDir({ prefix: "nodepool-etcd-", dir: memoryFolder() });
    const hosts = Array.from({ length: size }, ownHost);
    if (tls) await makeCertificates(folder, hosts);
    const ways = await Promise.all(hosts.map(async (host) => ({
      clients: await TcpProxy.open({ host, port: CLIENT_PORT }),
      peers: await TcpProxy.open({ host, port: PEER_PORT }),
    })));
    const setup: ClusterSetup = {
      ...rest,
      folder,
      data,
      tls,
      members: hosts.map((host, at) => ({
        client: `${host}:${CLIENT_PORT}`,
        peer: `${host}:${PEER_PORT}`,
        advertisedClient: isDirect ? `${host}:${CLIENT_PORT}` : `127.0.0.1:${ways[at]!.clients.port}`,
        advertisedPeer: isDirect ? `${host}:${PEER_PORT}` : `127.0.0.1:${ways[at]!.peers.port}`,
      })),
    };
    const members = ways.map((way, at) =>
      new EtcdMember({ args: memberArguments(setup, at), logFile: `${folder}/e${at + 1}.log`, ...way })
    );
    const cluster = new EtcdCluster(setup, { members, hasUsers });
    try {
      for (const member of members) member.start();
      await cluster.untilItAnswers();
      if (hasUsers) await makeUsers(setup);
      return cluster;
    } catch (error) {
      const logs = await Promise.all(members.map((member) => member.log()));
      await cluster[Symbol.asyncDispose]();
      throw new Error(`etcd did not start: ${logs.join("\n")}`, { cause: error });
    }
  }

  private constructor(
    setup: ClusterSetup,
    { members, hasUsers }: { members: readonly EtcdMember[]; hasUsers: boolean },
  ) {
    this.#setup = setup;
    this.members = members;
    this.#hasUsers = hasUsers;
  }

  /** Of the certificates and the logs: `ca.pem`, `client.pem`, `client-key.pem`. */
  get folder(): string {
    return this.#setup.folder;
  }

  /** Through the proxies. */
  get endpoints(): readonly string[] {
    return this.config().endpoints;
  }

  /** @param changes what is otherwise than right */
  config(changes: Partial<EtcdConfig> = {}): EtcdConfig {
    return { ...clusterConfig(this.#setup, { hasUsers: this.#hasUsers }), ...changes };
  }

  /** A client, as daemons and commands have it. */
  open(changes: Partial<EtcdConfig> = {}): Etcd {
    return openEtcd(this.config(changes));
  }

  /** The lines of nodepool.yaml, and of secure.conf, that lead here. @param options as those of `configLines` */
  lines(options?: Parameters<typeof configLines>[1]): ReturnType<typeof configLines> {
    return configLines(this.config(), options);
  }

  /** As root, at the members themselves; `at`: one member's index alone. */
  async etcdctl(args: readonly string[], { at }: { at?: number } = {}): Promise<string> {
    const { tls, members } = this.#setup;
    const one = at === undefined ? undefined : [`${tls ? "https" : "http"}://${members[at]!.client}`];
    return await etcdctl(this.#setup, args, {
      asRoot: this.#hasUsers,
      ...(one !== undefined && { endpoints: one }),
    });
  }

  /** The index of the member that leads the others. */
  async raftLeader(): Promise<number> {
    await using etcd = this.open();
    let index = -1;
    await eventually(async () => {
      index = (await etcd.status({ signal })).findIndex(({ isRaftLeader }) => isRaftLeader);
      return index >= 0;
    });
    return index;
  }

  /** Cuts the member off from the others, both ways, and from nobody else. */
  isolate(index: number): void {
    const cutOff = this.members[index]!;
    for (const member of this.members) {
      member.peers.cut(
        member === cutOff ? undefined : (from) => ownsPort(cutOff.pid, { from, to: member.peers.port }),
      );
    }
  }

  /** Ends what `isolate` did. */
  rejoin(): void {
    for (const { peers } of this.members) peers.heal();
  }

  /** Until a majority does what it is asked for. */
  async untilItAnswers(): Promise<void> {
    await using etcd = this.open();
    await eventually(() => etcd.range({ key: "/nodepool/ci/any" }, { signal }).then(() => true, () => false));
  }

  /** As it is now, as a file. */
  async snapshot(): Promise<string> {
    const file = `${this.folder}/snapshot.db`;
    await this.etcdctl(["snapshot", "save", file], { at: 0 });
    return file;
  }

  /** Ends all members and starts them with what that file holds. */
  async restore(snapshot: string): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    for (const [index, member] of this.members.entries()) {
      await restoreMember(this.#setup, index, snapshot);
      member.start();
    }
    await this.untilItAnswers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member[Symbol.asyncDispose]()));
    for (const folder of [this.folder, this.#setup.data]) await Deno.remove(folder, { recursive: true });
  }
}

const CLIENT_PORT = 2379;
const PEER_PORT = 2380;

/** On loopback, where all addresses that begin with 127 lead; test files that run side by side share a process. */
function ownHost(): string {
  const { integer } = systemRandom;
  return `127.${1 + integer(254)}.${integer(256)}.${1 + integer(254)}`;
}

/** Where nothing waits for a disk, or wears it out. The compiled program may not read certificates below /dev. */
function memoryFolder(): string | undefined {
  return exists("/dev/shm") ? "/dev/shm" : undefined;
}
