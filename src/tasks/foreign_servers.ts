/**
 * Watches one provider for servers of our installation that this state cannot have made, and draws the conclusions:
 * of a state that is older than the cloud, what may be in use is held; while another daemon may be at work on a copy
 * of the state, the provider is frozen. `ProviderWatches` has it look after each listing, before anything is planned.
 */
import { seeManual } from "../domain/see_manual.ts";
import type { Stranger } from "../domain/inventory.ts";
import { describeForeign, type ForeignServer, implausibleMark } from "../domain/pool_report.ts";
import { unchangedFor } from "../domain/observation.ts";
import { RESTORED } from "../domain/stale_hold.ts";
import { MINUTE } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import {
  foreignFloatingIps,
  judgeStrangers,
  NO_STRANGERS,
  type StrangersVerdict,
} from "../plan/judge_strangers.ts";
import { holdStale } from "../rules/hold_stale.ts";
import type { Ledger } from "../store/ledger.ts";
import type { ProviderWatch } from "./provider_watch.ts";

interface ForeignServersDeps {
  readonly watch: Pick<ProviderWatch, "provider" | "observation" | "frozen">;
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, "now">;
}

/** Unused for this long, they are for no server that is being made. */
const SETTLED = 5 * MINUTE;

const log = loggerOf("provider");

export class ForeignServers {
  readonly #deps: ForeignServersDeps;
  /** null: the provider has not been seen yet. */
  #seenFirst: ReadonlySet<string> | null = null;
  /** By server id: those that are listed, and the first, which stays as the proof until they are adopted. */
  readonly #rivals = new Map<string, Stranger>();
  #verdict = NO_STRANGERS;
  readonly #told = new Set<string>();

  constructor(deps: ForeignServersDeps) {
    this.#deps = deps;
  }

  /** Whether it has looked, and done what follows. */
  get hasLooked(): boolean {
    return this.#seenFirst !== null;
  }

  get foreign(): readonly ForeignServer[] {
    const all = [...this.#verdict.foreign, ...this.#rivals.values()];
    return [...new Map(all.map((one) => [one.server.id, one])).values()].map(told);
  }

  get implausible(): readonly ForeignServer[] {
    return this.#verdict.implausible.map(told);
  }

  /** Addresses of those that nobody uses. Another daemon's request may be ahead of what it has attached. */
  get floatingIps(): readonly string[] {
    const { watch: { observation: { floatingIps, inventory } }, ledger } = this.#deps;
    const foreign = foreignFloatingIps(floatingIps?.value ?? [], {
      installation: ledger.installation.id,
      lineage: inventory.lineage,
      nodes: ledger.nodes.values(),
    });
    return foreign.filter(({ id }) => unchangedFor(floatingIps, id) >= SETTLED).map(({ address }) => address);
  }

  /** After each listing. */
  async look(): Promise<void> {
    const { watch: { observation }, ledger } = this.#deps;
    const { inventory } = observation;
    if (inventory.completeAt === null) return;
    const isFirstLook = this.#seenFirst === null;
    const verdict = this.#judge(isFirstLook);
    this.#verdict = verdict;
    for (const rival of verdict.rivals) this.#rivals.set(rival.server.id, rival);
    for (const id of [...this.#rivals.keys()].slice(1)) {
      if (!inventory.strangers.has(id)) this.#rivals.delete(id);
    }
    this.#freeze();
    this.#tell(verdict);
    if (verdict.highestId > 0) await ledger.skipIds("node", verdict.highestId);
    if (verdict.staleBelow > 0) await this.#holdBelow(verdict.staleBelow);
    this.#seenFirst ??= new Set(inventory.strangers.keys());
  }

  /** The other daemon is gone for good: what it made has become ours. */
  adopted(): void {
    this.#rivals.clear();
    this.#verdict = this.#judge(false);
    this.#freeze();
  }

  #judge(isFirstLook: boolean): StrangersVerdict {
    const { watch: { provider, observation }, ledger } = this.#deps;
    return judgeStrangers({
      inventory: observation.inventory,
      nodes: ledger.nodes.values(),
      provider: provider.name,
      nextId: ledger.nextId("node"),
      firstId: ledger.runs.at(-1)?.firstIds.node ?? ledger.nextId("node"),
      isFirstLook,
      seenFirst: this.#seenFirst ?? new Set(),
    });
  }

  #freeze(): void {
    const [first] = this.#rivals.values();
    this.#deps.watch.frozen = first === undefined ? null : freezeReason(first, this.#rivals.size);
  }

  async #holdBelow(bound: number): Promise<void> {
    const { watch: { provider }, ledger, clock } = this.#deps;
    const now = clock.now();
    const held = await ledger.edit((edit) => {
      const stale = edit.nodes().filter((node) => node.provider === provider.name && node.id < bound);
      return holdStale(edit, stale, { reason: RESTORED, now });
    });
    if (held.length === 0) return;
    const text =
      "provider {provider}: the state is older than the cloud, so these nodes may be in use and are " +
      "held: {nodes}; check each, then release or delete it";
    log.error(text, { provider: provider.name, nodes: held.join(", ") });
  }

  /** Each server once. */
  #tell({ foreign, implausible }: StrangersVerdict): void {
    const { watch: { provider: { name: provider }, frozen } } = this.#deps;
    const isNew = ({ server }: Stranger) => !this.#told.has(server.id);
    const news = { foreign: foreign.filter(isNew), implausible: implausible.filter(isNew) };
    for (const { server } of [...foreign, ...implausible]) this.#told.add(server.id);
    if (news.foreign.length > 0) {
      const servers = news.foreign.map(told).map(describeForeign).join(", ");
      const text =
        "provider {provider}: servers of this installation that this state did not create: {servers}; " +
        "nodepool leaves them alone";
      log.error(text, { provider, servers });
      if (frozen !== null) log.error("provider {provider}: {reason}", { provider, reason: frozen });
    }
    for (const stranger of news.implausible) {
      log.warning("provider {provider}: {problem}", { provider, problem: implausibleMark(told(stranger)) });
    }
  }
}

function told({ server, nodeId, run }: Stranger): ForeignServer {
  return { serverId: server.id, hostname: server.name, nodeId, run };
}

function freezeReason({ server, run }: Stranger, count: number): string {
  const others = count > 1 ? ` and ${count - 1} more` : "";
  return `frozen: another daemon seems to use a copy of this state (it created server ${server.name}, ${server.id}` +
    `, in run ${run}${others}); stop it permanently, then run \`nodepool state adopt\` (${
      seeManual("two-daemons")
    })`;
}
