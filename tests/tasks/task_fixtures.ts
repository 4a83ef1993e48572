/** For tests of what looks at clouds: a watch over a scripted cloud whose answers can be changed while it runs. */
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { LivingRecords } from "../../src/domain/claims.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import type { ProviderConfig } from "../../src/domain/config.ts";
import type {
  CloudImage,
  ComputeQuota,
  Flavor,
  FloatingIp,
  Network,
  NetworkQuota,
  Port,
  Server,
} from "../../src/domain/server.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { DeletionReport } from "../../src/execute/deletions.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { ProviderWatch } from "../../src/tasks/provider_watch.ts";
import type { Expected } from "../../src/tasks/list_expected.ts";
import type { WatchNeeds } from "../../src/tasks/watch_needs.ts";
import { deletionsOf, type Scripted, scriptedCloud } from "../execute/execute_fixtures.ts";
import {
  catalog,
  INSTALLATION,
  NOW,
  provider as sampleProvider,
  quota,
  small,
} from "../plan/plan_fixtures.ts";

/** What the cloud has, and which methods fail with what. */
interface CloudState {
  servers: Server[];
  flavors: readonly Flavor[];
  networks: readonly Network[];
  images: readonly CloudImage[];
  quota: Omit<ComputeQuota, "takenAt">;
  networkQuota: Omit<NetworkQuota, "takenAt">;
  ports: readonly Port[];
  floatingIps: FloatingIp[];
  readonly failing: Map<string, Error>;
}

const idle: WatchNeeds = {
  pending: false,
  interval: SECOND,
  completeSince: null,
  portsSince: null,
  floatingIpAge: null,
  floatingIps: false,
  quotaAge: 15 * MINUTE,
  doubtfulCatalogAge: 30 * SECOND,
  imageAge: null,
  imagesSince: null,
  baseImages: ["noble"],
};

const NOTHING: LivingRecords = { nodeIndex: NodeIndex.of([]), images: new Map() };

export const unreachable = new CloudError("unavailable", "connection refused", { effect: "none" });

export function watchKit(
  {
    provider = sampleProvider(),
    clock = new VirtualClock(NOW),
    ledger = NOTHING,
    script = {},
    onLate = () => {},
  }: {
    provider?: ProviderConfig;
    clock?: VirtualClock;
    /** What deletions are checked against. */
    ledger?: LivingRecords;
    /** Methods that do something else than give what the cloud has. */
    script?: Scripted;
    onLate?: () => void;
  } = {},
) {
  const { networks, images } = catalog();
  const state: CloudState = {
    servers: [],
    flavors: [small],
    networks: networks ?? [],
    images: [...images.values()].flatMap((image) => image ?? []),
    quota: quota(),
    networkQuota: { floatingIps: null, ports: { limit: Infinity, used: 0 }, untold: [] },
    ports: [],
    floatingIps: [],
    failing: new Map(),
  };
  const give = <Value>(method: string, value: () => Value) => (): Promise<Value> => {
    const failure = state.failing.get(method) ?? state.failing.get("all");
    return failure === undefined ? Promise.resolve(value()) : Promise.reject(failure);
  };
  const cloud = scriptedCloud({
    listServers: ({ changesSince }) =>
      give("listServers", () => ({
        kind: changesSince === undefined ? "complete" as const : "delta" as const,
        startedAt: clock.now(),
        cloudTime: clock.now(),
        cloudAhead: null,
        servers: state.servers,
      }))(),
    listFlavors: give("listFlavors", () => state.flavors),
    listNetworks: give("listNetworks", () => state.networks),
    findImages: give("findImages", () => state.images),
    getQuota: give("getQuota", () => ({ ...state.quota, takenAt: clock.now() })),
    getNetworkQuota: give("getNetworkQuota", () => ({ ...state.networkQuota, takenAt: clock.now() })),
    listRoutedNetworks: give("listRoutedNetworks", () => []),
    listPorts: give("listPorts", () => state.ports),
    listFloatingIps: give("listFloatingIps", () => state.floatingIps),
    deleteServer: (id) =>
      give("deleteServer", () => {
        const known = state.servers.some((server) => server.id === id);
        state.servers = state.servers.filter((server) => server.id !== id);
        return known ? "accepted" as const : "gone" as const;
      })(),
    getFloatingIp: (id) =>
      give("getFloatingIp", () => state.floatingIps.find((ip) => ip.id === id) ?? null)(),
    deleteFloatingIp: (id) =>
      give("deleteFloatingIp", () => {
        state.floatingIps = state.floatingIps.filter((ip) => ip.id !== id);
        return "accepted" as const;
      })(),
    ...script,
  });
  let needs = idle;
  const reports: DeletionReport[] = [];
  let expected: readonly Expected[] = [];
  const watch = new ProviderWatch({
    provider,
    cloud,
    deletions: deletionsOf(cloud, ledger, { reports, clock }),
    clock,
    installation: INSTALLATION,
    needs: () => needs,
    expected: () => expected,
    onLate,
  });
  const { signal } = new AbortController();
  return {
    clock,
    cloud,
    state,
    watch,
    /** What became of deletions. */
    reports,
    expect(...ids: readonly string[]) {
      expected = ids.map((id) => ({ kind: "server", id, since: NOW, use: "waiting" }));
    },
    need(fields: Partial<WatchNeeds>) {
      needs = { ...idle, ...fields };
    },
    /** Observes once. @returns how long until the next time, in milliseconds */
    async observe() {
      return await watch.observe(signal) - clock.now();
    },
    /** Observes again and again, as its task would, for so long. */
    async observeFor(time: number) {
      const end = clock.now() + time;
      for (let next = await this.observe(); clock.now() + next <= end; next = await this.observe()) {
        await clock.advance(next);
      }
      await clock.advance(end - clock.now());
    },
    /** How often each method was called since the last time this was asked. */
    asked(): Record<string, number> {
      const methods = Map.groupBy(cloud.calls.splice(0), ({ method }) => method);
      return Object.fromEntries([...methods].map(([method, calls]) => [method, calls.length]));
    },
  };
}
