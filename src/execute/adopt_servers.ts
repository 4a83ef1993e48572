/**
 * Takes over what another daemon made on a copy of this state, which is stopped for good: its servers become held
 * nodes of this pool, and floating IPs that none of them has are deleted. Other nodes that it may have handed out are
 * held, too. The same with a daemon and without one.
 */
import { Inventory, type Stranger } from "../domain/inventory.ts";
import type { NodeFloatingIp } from "../domain/node.ts";
import type { FloatingIp } from "../domain/server.ts";
import { floatingIpNodeId } from "../domain/server_marks.ts";
import type { StateAdoption } from "../domain/state_adoption.ts";
import { FROM_ANOTHER_RUN } from "../domain/stale_hold.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { adoptedFloatingIp, adoptedNode, loginAddress } from "../plan/adopted_node.ts";
import { foreignFloatingIps, judgeStrangers } from "../plan/judge_strangers.ts";
import { holdStale } from "../rules/hold_stale.ts";
import type { Ledger } from "../store/ledger.ts";
import { askEachProvider, type AskedProvider as Provider } from "./list_aliens.ts";

interface AdoptDeps {
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, "now">;
  /** Whether it is only told what would be done. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** Asks every provider at once; one that does not answer is a warning. */
export async function adoptServers(
  providers: readonly Provider[],
  deps: AdoptDeps,
): Promise<StateAdoption> {
  const asked = { providers, only: null, signal: deps.signal };
  const { found, warnings } = await askEachProvider(asked, (provider) => adoptOn(provider, deps));
  return {
    servers: found.flatMap(({ servers }) => servers),
    floatingIps: found.flatMap(({ floatingIps }) => floatingIps),
    held: found.flatMap(({ held }) => held),
    warnings: [...warnings, ...found.flatMap((one) => one.warnings)],
  };
}

async function adoptOn(provider: Provider, deps: AdoptDeps): Promise<StateAdoption> {
  const { ledger, dryRun } = deps;
  const { foreign, highestId } = await findForeign(provider, deps);
  const { ofInstallation, warnings } = await listOwnFloatingIps(provider, deps);
  const left = foreignFloatingIps(ofInstallation, {
    installation: ledger.installation.id,
    lineage: ledger.lineage,
    nodes: ledger.nodes.values(),
  });
  const count = foreign.length + left.length;
  let firstId: number | null = null;
  let held: readonly number[] = [];
  if (!dryRun && count > 0) {
    await ledger.skipIds("node", highestId);
    firstId = await ledger.takeIds("node", count);
    held = await putAll({ foreign, left, ofInstallation }, { provider, firstId, deps });
  }
  return {
    servers: foreign.map(({ server, run }, index) => ({
      provider: provider.name,
      hostname: server.name,
      serverId: server.id,
      ip: loginAddress(server),
      run,
      nodeId: firstId === null ? null : firstId + index,
    })),
    floatingIps: left.map(({ id, address }) => ({ provider: provider.name, id, address })),
    held,
    warnings,
  };
}

async function findForeign({ name, cloud }: Provider, { ledger, signal }: AdoptDeps) {
  const inventory = new Inventory(ledger.installation.id, name, ledger.lineage);
  inventory.apply(await cloud.listServers({ signal }));
  return judgeStrangers({
    inventory,
    nodes: ledger.nodes.values(),
    provider: name,
    nextId: ledger.nextId("node"),
    firstId: ledger.nextId("node"),
    isFirstLook: false,
    seenFirst: new Set(),
  });
}

/** Those that nodepool made. Where they cannot be listed, servers are adopted without theirs. */
async function listOwnFloatingIps(
  { name, cloud }: Provider,
  { ledger, signal }: AdoptDeps,
): Promise<{ ofInstallation: readonly FloatingIp[]; warnings: readonly string[] }> {
  try {
    const floatingIps = await cloud.listFloatingIps({ signal });
    const id = ledger.installation.id;
    return { ofInstallation: floatingIps.filter((ip) => floatingIpNodeId(ip, id) !== null), warnings: [] };
  } catch (error) {
    signal.throwIfAborted();
    return {
      ofInstallation: [],
      warnings: [`cannot list the floating IPs of ${name}: ${errorChain(error)}`],
    };
  }
}

interface Found {
  readonly foreign: readonly Stranger[];
  /** Foreign floating IPs that nobody uses. */
  readonly left: readonly FloatingIp[];
  readonly ofInstallation: readonly FloatingIp[];
}

/** @returns the nodes that were in this pool before and are held now */
async function putAll(
  { foreign, left, ofInstallation }: Found,
  { provider: { name: provider }, firstId, deps: { ledger, clock } }: {
    provider: Provider;
    firstId: number;
    deps: AdoptDeps;
  },
): Promise<readonly number[]> {
  const now = clock.now();
  const bounds = foreign.map(({ run }) => (run === null ? 0 : ledger.lineage.boundOf(run) ?? Infinity));
  return await ledger.edit((edit) => {
    const shared = edit.nodes().filter((node) => node.provider === provider && node.id < Math.max(...bounds));
    const held = holdStale(edit, shared, { reason: FROM_ANOTHER_RUN, now, spared: ["used"] });
    foreign.forEach((stranger, index) => {
      const addresses = new Set(stranger.server.addresses.map(({ address }) => address));
      const floatingIp = attachedTo(addresses, ofInstallation);
      edit.putNode(adoptedNode(stranger, { id: firstId + index, provider, floatingIp, now }));
    });
    left.forEach((floatingIp, index) => {
      const id = firstId + foreign.length + index;
      edit.putNode(adoptedFloatingIp(floatingIp, { id, provider, now }));
    });
    return held;
  });
}

function attachedTo(
  addresses: ReadonlySet<string>,
  floatingIps: readonly FloatingIp[],
): NodeFloatingIp | null {
  const found = floatingIps.find(({ address, portId }) => portId !== null && addresses.has(address));
  return found === undefined ? null : { id: found.id, address: found.address, portId: found.portId! };
}
