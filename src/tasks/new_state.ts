/**
 * A pool on a new state knows nothing of what it may have on its clouds. Where they hold servers that another
 * installation made through providers of these names, the state was perhaps lost, or the configuration leads to the
 * wrong place: nothing is launched until an operator has said that a new pool is meant (`daemon --new-state`), or the
 * servers are gone. Where the clouds hold none, the pool goes on by itself. The pool asks before each tick.
 */
import type { Config } from "../domain/config.ts";
import type { Observation } from "../domain/observation.ts";
import { foreignInstallation } from "../domain/server_marks.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Ledger } from "../store/ledger.ts";

interface NewStateDeps {
  readonly ledger: Pick<Ledger, "isNew" | "doubt" | "installation" | "settle">;
  /** The observations of those that have been asked. */
  readonly seen: () => ReadonlyMap<string, Pick<Observation, "inventory">>;
  /** Whether providers that have not answered yet are still waited for. */
  readonly waiting: () => boolean;
  /** The operator has said that a new pool is meant. */
  readonly isMeant: boolean;
}

const log = loggerOf("state");

const wayOut = "restore the state, or start the daemon with --new-state to start a new pool alongside them";

export class NewState {
  readonly #deps: NewStateDeps;
  /** Why nothing is launched, for people; null: nothing stands against it, or it is not known yet. */
  withheld: string | null = null;

  constructor(deps: NewStateDeps) {
    this.#deps = deps;
  }

  /** Whether things may be made on clouds. */
  get isClear(): boolean {
    return !this.#deps.ledger.isNew || (this.withheld === null && !this.#deps.waiting());
  }

  /** Looks at what has been seen by now of the configuration's providers. */
  async look({ providers }: Pick<Config, "providers">): Promise<void> {
    const { ledger, isMeant } = this.#deps;
    if (!ledger.isNew) return;
    const servers = isMeant ? [] : this.#strangers();
    const unseen = isMeant ? [] : this.#unseen(providers.map(({ name }) => name));
    this.#withhold(this.#reason(servers, unseen));
    if (servers.length > 0 || unseen.length > 0) return;
    await ledger.settle("new");
    if (ledger.doubt !== null) await ledger.settle("doubt");
  }

  #reason(servers: readonly Stranger[], unseen: readonly string[]): string | null {
    const { doubt } = this.#deps.ledger;
    if (servers.length > 0) {
      return `the state is new${doubt === null ? "" : ` (${doubt})`}, but ${
        describe(servers)
      } on the clouds, under ` +
        `this configuration's provider names: the state may have been lost, or be somewhere else; ${wayOut}`;
    }
    if (doubt === null || unseen.length === 0 || this.#deps.waiting()) return null;
    return `the state is new (${doubt}), and ${unseen.join(", ")} ${
      unseen.length === 1 ? "has" : "have"
    } not answered ` +
      `yet, so servers of the last pool may still exist; wait, or ${wayOut}`;
  }

  #unseen(providers: readonly string[]): readonly string[] {
    const observations = this.#deps.seen();
    return providers.filter((name) => (observations.get(name)?.inventory.completeAt ?? null) === null);
  }

  #strangers(): readonly Stranger[] {
    const { ledger, seen } = this.#deps;
    return [...seen()].flatMap(([provider, { inventory }]) =>
      [...inventory.servers.values()].flatMap((server) => {
        const installation = foreignInstallation(server, { own: ledger.installation.id, provider });
        return installation === null ? [] : [{ installation, provider }];
      })
    );
  }

  #withhold(reason: string | null): void {
    if (reason === this.withheld) return;
    this.withheld = reason;
    if (reason === null) log.info("launches are allowed again");
    else log.error("nothing is launched: {reason}", { reason });
  }
}

/** A server that another installation has made. */
interface Stranger {
  readonly installation: string;
  readonly provider: string;
}

/** `3 servers of installation A (2 on main, 1 on other) and 1 of B (main) are`. */
function describe(servers: readonly Stranger[]): string {
  const parts = [...Map.groupBy(servers, ({ installation }) => installation)].map(([installation, of]) => {
    const places = [...Map.groupBy(of, ({ provider }) => provider)].map(([name, on]) =>
      `${on.length} on ${name}`
    );
    return `${of.length} ${of.length === 1 ? "server" : "servers"} of installation ${installation} ` +
      `(${places.join(", ")})`;
  });
  return `${parts.join(" and ")} ${servers.length === 1 ? "is" : "are"}`;
}
